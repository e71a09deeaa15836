package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strconv"

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

// load reads the files; key is theirs in the configuration, for errors.
func (f TLSFiles) load(key string) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	part := key + "."
	if key == tlsFlags {
		part = key + "-"
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, keyed(part+"cert", "it and %skey must be given together", part)
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, keyed(part+"cert", "load %s and %s: %w", f.Cert, f.Key, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, keyed(part+"ca", "%w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, keyed(part+"ca", "%s holds no PEM certificate", f.CA)
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
		return nil, keyed(key, "a listener needs cert and key")
	}
	if f.CA != "" {
		cfg.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return cfg, nil
}

// client are the credentials of a client; nil where no files are given.
func (f TLSFiles) client(key string) (credentials.TransportCredentials, error) {
	if !f.set() {
		return nil, nil
	}
	cfg, err := f.load(key)
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(cfg), nil
}

// credentialsFor are those of a command for an address, from its flags; key says in errors where the address stands.
func credentialsFor(key, address string, f TLSFiles, allowInsecure bool) (credentials.TransportCredentials, error) {
	creds, err := f.client(tlsFlags)
	if err != nil || creds != nil {
		return creds, err
	}
	return insecure.NewCredentials(), plainText(key, address, allowInsecure)
}

// plainText refuses an address off loopback without TLS, unless --insecure allows it.
func plainText(key, address string, allowInsecure bool) error {
	if allowInsecure || loopback(address) {
		return nil
	}
	return keyed(key, "%s is not on loopback and has no TLS: give certificate files, or allow plain text with --insecure", address)
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkAddress holds that a value is an address that can be listened at or dialled.
func checkAddress(key, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return keyed(key, "%q is no HOST:PORT", address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return keyed(key, "the port of %q is no number from 1 to 65535", address)
	}
	return nil
}
