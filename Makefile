GO      ?= go
VERSION ?= $(shell git describe --always --dirty 2>/dev/null)
# The race detector needs a C compiler; without one the tests run without it, and say so.
RACE    := $(shell CGO_ENABLED=1 $(GO) env CC | xargs -I{} sh -c 'command -v {} >/dev/null 2>&1 && echo -race')

.PHONY: build demo test bench generate

build: ## the one binary, bin/statemanager
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/statemanager ./cmd/statemanager

demo: build ## the main job on embedded etcd with real processes; ARGS="--report FILE" or ARGS=--keep
	bin/statemanager demo $(ARGS)

test: ## every test
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt clean:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	@test -n "$(RACE)" || echo "no C compiler: the tests run without the race detector"
	$(GO) test -timeout 20m $(RACE) ./...
	@$(GO) test -count=1 -run '^TestOwnTests$$' -v ./policies | sed -n 's/.*: \(the tests cover .*\)/policies: \1/p'

bench: ## ratios of one run: a decision against stock OPA and plain Go, a step at 10,000 services against one at 100
	$(GO) test -run '^$$' -bench 'Decide|CachedDecision|Step|Quiet' ./evaluator ./engine

generate: ## the protobuf code; needs protoc and its two Go plugins
	sh proto/generate.sh
