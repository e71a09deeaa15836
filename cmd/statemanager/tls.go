package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// TLSFiles are the PEM files of one end of a connection.
type TLSFiles struct {
	CA   string `yaml:"ca"`   // certificates that the other end's must be signed by
	Cert string `yaml:"cert"` // this end's certificate
	Key  string `yaml:"key"`  // its private key
}

func (f TLSFiles) set() bool { return f.CA != "" || f.Cert != "" || f.Key != "" }

// tlsFlags are the flags of a command, as the key of load.
const tlsFlags = "--tls"

// load reads the files; key names the place of the configuration in errors.
func (f TLSFiles) load(key string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	part := key + "."
	if key == tlsFlags {
		part = key + "-"
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, usagef("%[1]scert and %[1]skey must be given together", part)
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, usagef("%s: load %s and %s: %w", key, f.Cert, f.Key, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, usagef("%sca: %w", part, err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, usagef("%sca: %s holds no PEM certificate", part, f.CA)
		}
		cfg.RootCAs, cfg.ClientCAs = pool, pool
	}
	return cfg, nil
}

// server is the configuration of a listener: clients must show a certificate where a CA is given.
func (f TLSFiles) server(key string) (*tls.Config, error) {
	cfg, err := f.load(key)
	if err != nil {
		return nil, err
	}
	if len(cfg.Certificates) == 0 {
		return nil, usagef("%s: a listener needs cert and key", key)
	}
	if f.CA != "" {
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return cfg, nil
}

// credentialsFor are those of a client of an address: TLS where files are given, else plain text, on loopback or if allowed.
func credentialsFor(key, address string, f TLSFiles, allowInsecure bool) (credentials.TransportCredentials, error) {
	if f.set() {
		cfg, err := f.load(key)
		if err != nil {
			return nil, err
		}
		return credentials.NewTLS(cfg), nil
	}
	if err := plainText(key, address, allowInsecure); err != nil {
		return nil, err
	}
	return insecure.NewCredentials(), nil
}

// plainText refuses an address off loopback without TLS, unless --insecure allows it.
func plainText(key, address string, allowInsecure bool) error {
	if allowInsecure || loopback(address) {
		return nil
	}
	return usagef("%s: %s is not on loopback and has no TLS: give certificate files, or allow plain text with --insecure", key, address)
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func checkAddress(key, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return fmt.Errorf("%s: %q is no HOST:PORT", key, address)
	}
	return nil
}
