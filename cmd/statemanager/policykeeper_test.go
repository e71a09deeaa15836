package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
	"statemanager/evaluator"
	"statemanager/policies"
)

// keeperStory is a keeper with a directory that holds the default pack, and what it did.
type keeperStory struct {
	*policyKeeper
	activated []string
	alerts    []engine.AlertRaised
}

func newKeeperStory(t *testing.T, data string) *keeperStory {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pack")
	if err := writePack(dir); err != nil {
		t.Fatal(err)
	}
	cfg := &Config{DataDir: data, Policy: PolicyConfig{Directory: dir}}
	k := &keeperStory{policyKeeper: newPolicyKeeper(cfg, evaluator.New(), hclog.NewNullLogger())}
	k.activate = func(_ context.Context, p *engine.Pack, _ map[string][]byte) error {
		k.activated = append(k.activated, p.Revision)
		return nil
	}
	k.raise = func(a engine.AlertRaised) { k.alerts = append(k.alerts, a) }
	return k
}

func (k *keeperStory) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(k.cfg.Directory, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeeperTakesWhatPassesAndKeepsWhatServes: an edit that passes decides, one that fails changes nothing and is told
// until it is mended, and going back is no new pack.
func TestKeeperTakesWhatPassesAndKeepsWhatServes(t *testing.T) {
	ctx := t.Context()
	k := newKeeperStory(t, t.TempDir())
	first, _, err := k.Begin(ctx, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	k.offer(ctx) // the watch begins: it is the active one
	if len(k.activated) > 0 {
		t.Fatalf("activated again: %v", k.activated)
	}
	data := string(policies.Files()["data.yaml"])
	k.write(t, "data.yaml", strings.Replace(data, "  node: {limit: 10, ", "  node: {limit: 11, ", 1))
	k.offer(ctx)
	if len(k.activated) != 1 || k.standing().active.Revision != k.activated[0] || k.activated[0] == first.Revision {
		t.Fatalf("activated %v, stands %s", k.activated, k.standing().active.Revision)
	}
	k.write(t, "recovery/site.rego", "package statemanager.recovery\n\nskip.x contains \"restart\" if {\n")
	k.offer(ctx)
	now := k.standing()
	if len(k.activated) != 1 || now.active.Revision != k.activated[0] || now.refused == nil || !k.Refuses() || len(k.alerts) != 1 {
		t.Fatalf("a broken pack: activated %v, refused %v, alerts %v", k.activated, now.refused, k.alerts)
	}
	if p := now.refused.Problems[0]; p.File != "recovery/site.rego" || p.Line == 0 {
		t.Errorf("the problem is at %s:%d", p.File, p.Line)
	}
	if err := os.Remove(filepath.Join(k.cfg.Directory, "recovery/site.rego")); err != nil {
		t.Fatal(err)
	}
	k.offer(ctx)
	if k.Refuses() || len(k.activated) != 1 {
		t.Errorf("mended: refused %v, activated %v", k.standing().refused, k.activated)
	}
}

// TestKeeperBeginsWithTheStoresPack: a directory that this daemon has taken over once does not revert the store's pack,
// and a broken one keeps nobody from starting with it.
func TestKeeperBeginsWithTheStoresPack(t *testing.T) {
	ctx := t.Context()
	data := t.TempDir()
	k := newKeeperStory(t, data)
	if _, _, err := k.Begin(ctx, "", nil); err != nil { // the directory's pack is remembered
		t.Fatal(err)
	}
	stored := policies.Files()
	stored["data.yaml"] = []byte(strings.Replace(string(stored["data.yaml"]), "  node: {limit: 10, ", "  node: {limit: 12, ", 1))
	digest := evaluator.Files(stored).Digest()
	again := newKeeperStory(t, data)
	p, _, err := again.Begin(ctx, digest, stored)
	if err != nil || p.Revision != digest {
		t.Fatalf("begins with %v, %v", p, err)
	}
	again.offer(ctx)
	if len(again.activated) > 0 {
		t.Errorf("the old directory's pack was activated: %v", again.activated)
	}
	again.write(t, "data.yaml", "[")
	again.offer(ctx)
	if again.standing().refused == nil || again.standing().active.Revision != digest {
		t.Errorf("a broken directory: %+v", again.standing())
	}
}

// TestKeeperRefusesToBegin: without any pack the error says why, for each source.
func TestKeeperRefusesToBegin(t *testing.T) {
	k := newKeeperStory(t, t.TempDir())
	k.write(t, "data.yaml", "[")
	_, _, err := k.Begin(t.Context(), "d", map[string][]byte{"a.rego": []byte("package x y")})
	if err == nil || !strings.Contains(err.Error(), "a.rego:1") || !strings.Contains(err.Error(), "data.yaml") {
		t.Errorf("the error is %v", err)
	}
	k.cfg.Embedded = true
	if p, _, err := k.Begin(t.Context(), "", nil); err != nil || p == nil {
		t.Errorf("with the embedded pack: %v", err)
	}
}

// TestKeeperWaitsForTheStore: a pack that cannot be stored yet is tried again, and the old one is not forgotten before.
func TestKeeperWaitsForTheStore(t *testing.T) {
	k := newKeeperStory(t, t.TempDir())
	if _, _, err := k.Begin(t.Context(), "", nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	k.activate = func(context.Context, *engine.Pack, map[string][]byte) error { cancel(); return errors.New("away") }
	old := k.standing().active.Revision
	k.write(t, "data.yaml", strings.Replace(string(policies.Files()["data.yaml"]), "  node: {limit: 10, ", "  node: {limit: 13, ", 1))
	k.offer(ctx)
	if k.standing().active.Revision != old {
		t.Error("a pack that is not stored decides")
	}
}

// TestKeeperTakesLayers: a pack with the layers of a site is one pack; an edit of either is taken in, and what is stored
// is enough to begin with.
func TestKeeperTakesLayers(t *testing.T) {
	ctx := t.Context()
	k := newKeeperStory(t, t.TempDir())
	layer := filepath.Join(t.TempDir(), "site.yaml")
	k.cfg.Directory, k.cfg.Embedded, k.cfg.Layers = "", true, []string{layer}
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(layer, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("budgets: {node: {limit: 3}}\n")
	first, files, err := k.Begin(ctx, "", nil)
	if err != nil || first.Budgets["node"].Limit != 3 {
		t.Fatalf("begins with %+v, %v", first, err)
	}
	put("budgets: {node: {limit: 4}}\n")
	k.offer(ctx)
	if len(k.activated) != 1 {
		t.Fatalf("activated %v", k.activated)
	}
	put("budgets: {node: {limt: 5}}\n")
	k.offer(ctx)
	if r := k.standing().refused; r == nil || r.Problems[0].String() != "site.yaml:data.yaml:1: data.budgets.node knows no limt; did you mean limit?" {
		t.Fatalf("refused %+v", r)
	}
	again := newKeeperStory(t, t.TempDir())
	if p, _, err := again.Begin(ctx, first.Revision, files); err != nil || p.Budgets["node"].Limit != 3 {
		t.Errorf("the stored pack begins with %+v, %v", p, err)
	}
}

// TestKeeperRefusesWhatTheStoreCannotHold: such a pack is told of like one that fails at a gate, and the next edit counts.
func TestKeeperRefusesWhatTheStoreCannotHold(t *testing.T) {
	k := newKeeperStory(t, t.TempDir())
	if _, _, err := k.Begin(t.Context(), "", nil); err != nil {
		t.Fatal(err)
	}
	takes, old := k.activate, k.standing().active.Revision
	k.activate = func(context.Context, *engine.Pack, map[string][]byte) error {
		return fmt.Errorf("store pack: %w", &engine.Error{Kind: engine.Invalid, Text: "too large"})
	}
	data := string(policies.Files()["data.yaml"])
	k.write(t, "data.yaml", strings.Replace(data, "  node: {limit: 10, ", "  node: {limit: 11, ", 1))
	k.offer(t.Context())
	if now := k.standing(); now.active.Revision != old || now.refused == nil || len(k.alerts) != 1 {
		t.Fatalf("too large: %+v, alerts %v", now, k.alerts)
	}
	k.activate = func(context.Context, *engine.Pack, map[string][]byte) error { // away, and edited meanwhile
		k.write(t, "data.yaml", strings.Replace(data, "  node: {limit: 10, ", "  node: {limit: 13, ", 1))
		return errors.New("away")
	}
	k.write(t, "data.yaml", strings.Replace(data, "  node: {limit: 10, ", "  node: {limit: 12, ", 1))
	k.offer(t.Context())
	k.activate = takes
	k.offer(t.Context())
	if now := k.standing(); len(k.activated) != 1 || now.active.Revision != k.activated[0] || now.refused != nil {
		t.Errorf("the next edit: %+v, activated %v", now, k.activated)
	}
}
