SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
TOOL := go tool -modfile=tools/go.mod
# The race detector watches everything but SQLite, which is translated C: that
# would only make the tests slow.
RACE := -race -gcflags=modernc.org/...=-race=false

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
dev:  ## Everything in one process with a demo campus, on http://127.0.0.1:8080
	go run ./cmd/jobctl dev
deps:  ## Install what the tests need besides Go
	@scripts/deps
test: deps  ## All tests, with the race detector and real servers
	go test $(RACE) -timeout 9m ./...
	cd deploy && go test -timeout 9m ./...
check: lint test  ## Everything that a change must pass
lint:  ## Formatting, vet, linters, the direction of imports
	go mod tidy -diff
	$(TOOL) golangci-lint run ./...
	cd deploy && go mod tidy -diff && go tool -modfile=../tools/go.mod golangci-lint run ./...
fix:  ## Format, and apply what the linters can
	$(TOOL) golangci-lint run --fix ./...
	$(TOOL) golangci-lint fmt ./...
fuzz:  ## Twenty seconds of each fuzz target
	@scripts/fuzz 20s
browser:  ## The pages in a real browser; make test does this too where there is one
	@command -v chromium >/dev/null || { echo "This needs a browser. Install with: sudo apt-get install -y chromium" >&2; exit 1; }
	go test -count 1 -run InABrowser ./internal/web ./internal/app/story
bench:  ## Benchmarks, ready for benchstat
	go test -run '^$$' -bench . -benchmem -count 6 ./... | tee bench.txt
chaos:  ## Torture a real installation and judge it: SEED=7 SPAN=3m JOBS=20000
	go build -o bin/chaos ./chaos
	@bin/chaos $(if $(SEED),-seed $(SEED)) $(if $(SPAN),-span $(SPAN)) $(if $(JOBS),-jobs $(JOBS))
rolling:  ## Replace 3 workers and 2 schedulers under 500 jobs a second, and judge: SEED=7 RATE=500
	go build -o bin/chaos ./chaos
	@bin/chaos rolling $(if $(SEED),-seed $(SEED)) $(if $(RATE),-rate $(RATE))
hosts:  ## Cut each host of an installation off for a minute, and judge; needs root: CUT=60s ONLY=redis
	go build -o bin/chaos ./chaos
	@bin/chaos hosts $(if $(SEED),-seed $(SEED)) $(if $(CUT),-cut $(CUT)) $(if $(ONLY),-only $(ONLY))
.PHONY: rolling hosts
campus-proof:  ## Syncs of 1,000 tiny universities and of 20 medium ones, judged by an oracle: FIRST=1
	go test -count 1 -timeout 0 -v ./internal/campus/proof -size tiny -seeds 1000 -rounds 5 $(if $(FIRST),-first $(FIRST))
	go test -count 1 -timeout 0 -v ./internal/campus/proof -size medium -seeds 20 $(if $(FIRST),-first $(FIRST))
ops-test:  ## A real Prometheus watches a real run: every query of every dashboard, every alert
	@scripts/deps prometheus
	go test -count 1 -timeout 15m -v ./ops -real
failover-proof:  ## Masters of Sentinels and of a Cluster killed, frozen and cut off under load: RATE=300 SPAN=30s REPLICAS=1
	go test -count 1 -timeout 0 -v ./internal/app/failover -args -prove $(if $(RATE),-rate $(RATE)) $(if $(SPAN),-span $(SPAN)) $(if $(REPLICAS),-replicas $(REPLICAS))
build:  ## The three programs, into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/scheduler ./cmd/worker ./cmd/jobctl
release:  ## Archives, checksums and bills of materials for every platform, into dist/
	go run ./scripts/release
release-check:  ## Build the release twice, in two folders, and compare: PLATFORMS=linux/amd64 FRESH=1
	@scripts/release-check
.PHONY: help dev deps test check lint fix fuzz browser bench chaos campus-proof ops-test failover-proof build release release-check
