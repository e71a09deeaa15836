package etcd

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"statemanager/engine"
)

// keeper runs the embedded etcd and keeps it within its quota. One goroutine looks after the space until Close.
type keeper struct {
	etcd    *embed.Etcd
	client  *clientv3.Client // within the process: no listener is needed
	log     hclog.Logger
	full    chan struct{}
	cancel  context.CancelFunc
	stopped chan struct{}
}

// stopWithin bounds the stop of the embedded etcd.
const stopWithin = 10 * time.Second

func startEmbedded(ctx context.Context, cfg *Config) (*keeper, error) {
	ec, err := embedConfig(cfg)
	if err != nil {
		return nil, err
	}
	e, err := embed.StartEtcd(ec)
	if err != nil {
		return nil, notStarted(cfg, err)
	}
	select {
	case <-e.Server.ReadyNotify():
	case err = <-e.Err():
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		e.Close()
		return nil, notStarted(cfg, err)
	}
	own, cancel := context.WithCancel(context.Background())
	k := &keeper{e, v3client.New(e.Server), cfg.Log, make(chan struct{}, 1), cancel, make(chan struct{})}
	go k.keep(own)
	return k, nil
}

func notStarted(cfg *Config, err error) error {
	return &engine.Error{Kind: engine.Unavailable, Text: "start etcd " + cfg.where() + ": " + err.Error()}
}

// embedConfig is a cluster of one without a listener for peers.
func embedConfig(cfg *Config) (*embed.Config, error) {
	urls, err := cfg.Embedded.urls()
	if err != nil {
		return nil, err
	}
	ec := embed.NewConfig()
	ec.Name = "statemanager"
	ec.Dir = filepath.Join(cfg.Dir, "etcd")
	ec.ListenPeerUrls, ec.ListenClientUrls = nil, urls
	ec.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:1"}} // told to nobody: there are no peers
	ec.AdvertiseClientUrls = append(ec.AdvertisePeerUrls[:0:0], urls...)
	if len(urls) == 0 {
		ec.AdvertiseClientUrls = ec.AdvertisePeerUrls
	}
	ec.InitialCluster = ec.InitialClusterFromName(ec.Name)
	ec.TickMs = uint(cfg.Embedded.Tick.Milliseconds())
	ec.ElectionMs = 10 * ec.TickMs
	ec.QuotaBackendBytes = cfg.Embedded.Quota
	ec.WatchProgressNotifyInterval = 10 * time.Second
	ec.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zapOf(cfg, zapcore.WriteThenFatal))
	return ec, nil
}

// Close stops the server, and waits for it for a bounded time.
func (k *keeper) Close() error {
	k.cancel()
	<-k.stopped
	err := k.client.Close()
	closed := make(chan struct{})
	go func() {
		k.etcd.Close()
		close(closed)
	}()
	select {
	case <-closed:
		return err
	case <-time.After(stopWithin):
		return errors.Join(err, errors.New("stop etcd: it did not end within "+stopWithin.String()))
	}
}

// zapOf is the log of the embedded etcd; end is what happens when it cannot go on.
func zapOf(cfg *Config, end zapcore.CheckWriteHook) *zap.Logger {
	return zapTo(cfg.Log).WithOptions(zap.WithFatalHook(fatal{cfg.Log, cfg.where(), end}))
}

// zapTo sends etcd's own words to the log: its warnings are of interest only when something is wrong.
func zapTo(log hclog.Logger) *zap.Logger {
	enc := zap.NewProductionEncoderConfig()
	enc.TimeKey, enc.LevelKey, enc.CallerKey, enc.StacktraceKey = "", "", "", ""
	core := func(to hclog.Level, from zap.LevelEnablerFunc) zapcore.Core {
		w := log.Named("etcd").StandardWriter(&hclog.StandardLoggerOptions{ForceLevel: to})
		return zapcore.NewCore(zapcore.NewJSONEncoder(enc), zapcore.AddSync(w), from)
	}
	return zap.New(zapcore.NewTee(
		core(hclog.Debug, func(l zapcore.Level) bool { return l == zapcore.WarnLevel }),
		harmless{core(hclog.Error, func(l zapcore.Level) bool { return l > zapcore.WarnLevel })},
	))
}

// harmless leaves out what etcd calls an error while a new store starts, and does again by itself.
type harmless struct{ zapcore.Core }

func (h harmless) With(fields []zapcore.Field) zapcore.Core { return harmless{h.Core.With(fields)} }

func (h harmless) Check(e zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if e.Message == "failed to update storage version" {
		return to
	}
	return h.Core.Check(e, to)
}
