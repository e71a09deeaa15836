package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"statemanager/adapters/policydir"
	"statemanager/engine"
	"statemanager/evaluator"
	"statemanager/policies"
)

// activateAgain is the pause before a pack that could not be stored is offered to the store again.
const activateAgain = time.Second

// policyKeeper chooses the pack to begin with, and offers what the policy directory holds to the gates. A pack that fails
// at any gate changes nothing. Begin is called once, before the one goroutine that follows the directory; any may call
// standing and Refuses.
type policyKeeper struct {
	cfg      PolicyConfig
	seenFile string // keeps the revision that was last taken over from the directory
	eval     *evaluator.Evaluator
	log      hclog.Logger
	activate func(context.Context, *engine.Pack, map[string][]byte) error
	raise    func(engine.AlertRaised)
	seen     string // that revision

	mu  sync.Mutex
	now policyStanding
}

// policyStanding is the pack that decides, and the one in the directory that was refused.
type policyStanding struct {
	active    evaluator.Report
	since     time.Time
	refused   *evaluator.Report // nil: none is
	refusedAt time.Time
}

func newPolicyKeeper(cfg *Config, eval *evaluator.Evaluator, log hclog.Logger) *policyKeeper {
	k := &policyKeeper{cfg: cfg.Policy, seenFile: filepath.Join(cfg.DataDir, "policy.seen"), eval: eval, log: log.Named("policy")}
	if text, err := os.ReadFile(k.seenFile); err == nil { // without it, the directory is offered once more
		k.seen = strings.TrimSpace(string(text))
	}
	return k
}

// Begin is the first pack that passes the gates, of: the store's active one, the directory's, the embedded one where the
// configuration allows it. The error says why there is none.
func (k *policyKeeper) Begin(ctx context.Context, digest string, files map[string][]byte) (*engine.Pack, map[string][]byte, error) {
	var why []error
	if files != nil {
		p, err := k.try(ctx, "the active pack of the store", files)
		if p != nil {
			return k.begin(p)
		}
		why = append(why, err)
	}
	if k.cfg.watches() {
		p, err := k.tryWatched(ctx)
		if p != nil {
			k.remember(p.Revision())
			return k.begin(p)
		}
		why = append(why, err)
	}
	if k.cfg.Embedded {
		p, err := k.try(ctx, "the embedded pack", policies.Files())
		if p != nil {
			return k.begin(p)
		}
		why = append(why, err)
	}
	if len(why) == 0 {
		why = append(why, errors.New("the store has none: set policy.directory, or policy.embedded: true for the pack inside the program"))
	}
	return nil, nil, errors.Join(why...)
}

func (k *policyKeeper) begin(p *evaluator.Policy) (*engine.Pack, map[string][]byte, error) {
	k.eval.Add(p)
	k.log.Info("pack decides", "revision", short(p.Revision()))
	return p.Tables(), p.Files(), nil
}

// try takes a pack through the gates. One that passes is what stands.
func (k *policyKeeper) try(ctx context.Context, what string, files evaluator.Files) (*evaluator.Policy, error) {
	p, report := evaluator.Check(ctx, files)
	if p == nil {
		k.logProblems(what+" is refused", &report)
		return nil, fmt.Errorf("%s is refused: %w", what, report.Err())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.now.active, k.now.since = report, time.Now()
	return p, nil
}

// tryWatched takes what is watched through the gates before there is a runner.
func (k *policyKeeper) tryWatched(ctx context.Context) (*evaluator.Policy, error) {
	files, err := k.cfg.read()
	if err != nil {
		return nil, err
	}
	return k.try(ctx, "the pack in "+k.cfg.watched(), files)
}

// follow watches the directory and the layers until ctx ends.
func (k *policyKeeper) follow(ctx context.Context) {
	if !k.cfg.watches() {
		return
	}
	if err := policydir.Watch(ctx, func() { k.offer(ctx) }, k.cfg.paths()...); err != nil {
		k.log.Error("policy directory is not watched: edits have no effect until the next start", "error", err)
	}
}

// offer looks at what the directory and the layers hold now.
func (k *policyKeeper) offer(ctx context.Context) {
	files, err := k.cfg.read()
	if err != nil {
		k.refuse(evaluator.Report{Problems: []evaluator.Problem{{Severity: evaluator.SeverityError, Gate: evaluator.GateRead, Text: err.Error()}}})
		return
	}
	digest := files.Digest()
	switch active := k.standing().active.Revision; digest {
	case active:
		k.remember(digest)
		k.mend()
	case k.seen: // what was taken over once does not revert a pack that another daemon has activated since
		k.log.Info("directory holds a pack that was active before", "revision", short(digest), "active", short(active))
		k.mend()
	default:
		if p, report := evaluator.Check(ctx, files); p != nil {
			k.take(ctx, p, report)
		} else if ctx.Err() == nil {
			k.refuse(report)
		}
	}
}

// take makes a pack the active one. The evaluator answers for both until the engine has taken it in.
func (k *policyKeeper) take(ctx context.Context, p *evaluator.Policy, report evaluator.Report) {
	old := k.standing().active.Revision
	k.eval.Add(p)
	if !k.stored(ctx, p, report) {
		k.eval.Retire(p.Revision())
		return
	}
	k.eval.Retire(old)
	k.remember(p.Revision())
	k.mu.Lock()
	k.now = policyStanding{active: report, since: time.Now()}
	k.mu.Unlock()
	k.log.Info("pack decides", "revision", short(p.Revision()), "before", short(old), "tests", report.Tests)
}

// stored offers a pack to the store until it takes it. A pack that the store cannot hold is refused, and one that is
// edited meanwhile is given up: the edit is looked at next.
func (k *policyKeeper) stored(ctx context.Context, p *evaluator.Policy, report evaluator.Report) bool {
	for {
		err := k.activate(ctx, p.Tables(), p.Files())
		var known *engine.Error
		switch {
		case err == nil:
			return true
		case errors.As(err, &known) && known.Kind == engine.Invalid:
			report.Problems = append(report.Problems, evaluator.Problem{Severity: evaluator.SeverityError, Gate: evaluator.GateRead, Text: err.Error()})
			k.refuse(report)
			return false
		}
		k.log.Warn("pack cannot be stored yet", "revision", short(p.Revision()), "error", err, "retry_in", activateAgain)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(activateAgain):
		}
		if now, err := k.cfg.read(); err != nil || now.Digest() != p.Revision() {
			return false
		}
	}
}

// refuse keeps what is wrong until it is mended, and tells a human.
func (k *policyKeeper) refuse(report evaluator.Report) {
	k.mu.Lock()
	k.now.refused, k.now.refusedAt = &report, time.Now()
	k.mu.Unlock()
	k.logProblems("pack is refused, nothing changes", &report)
	first := report.Err().Error()
	first, _, _ = strings.Cut(first, "\n")
	k.raise(engine.AlertRaised{Code: engine.AlertPackRefused, Args: []engine.Field{{Name: "error", Value: first}, {Name: "source", Value: k.cfg.watched()}}})
}

// mend forgets what was refused.
func (k *policyKeeper) mend() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now.refused != nil {
		k.now.refused = nil
		k.log.Info("directory is in order again", "active", short(k.now.active.Revision))
	}
}

func (k *policyKeeper) logProblems(what string, r *evaluator.Report) {
	for _, p := range r.Problems {
		if p.Severity == evaluator.SeverityError {
			k.log.Error(what, "revision", short(r.Revision), "gate", p.Gate, "problem", p.String())
		}
	}
}

// remember keeps which pack was taken over from the directory. If that fails, it is offered once more after a restart.
func (k *policyKeeper) remember(revision string) {
	k.seen = revision
	if err := os.WriteFile(k.seenFile, []byte(revision+"\n"), 0o600); err != nil {
		k.log.Warn("cannot note the pack of the directory", "error", err)
	}
}

// Refuses says whether what is watched holds a pack that was refused, or cannot be read.
func (k *policyKeeper) Refuses() bool { return k.standing().refused != nil }

func (k *policyKeeper) standing() policyStanding {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}
