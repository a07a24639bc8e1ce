# make run     build and start the server on ./data        make test    everything a fresh machine needs, then all tests
# make build   bin/ignisfox                                make lint    the linters of .golangci.yaml
# make bench   the benchmark table                         make fuzz    each fuzz target for FUZZTIME
# make race    tests under the race detector               make crash   kill -9 at random moments, CRASH_KILLS times
# make soak    SOAK_FETCHES fetches mixed with rotations   make docs    docs/configuration.md from the settings table
# make assets  style sheet, script, icons and font of the dashboard; the others do it when something changed
# make templ   Go code of the pages, after a *.templ changed  make screenshots  the pictures in docs/screenshots
# make proto   Go code of the plugin protocol, after a *.proto changed
# make clean   remove what was built (never ./data)

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

GO ?= go
FUZZTIME ?= 20s
TEST_TIMEOUT ?= 15m
CRASH_KILLS ?= 200
DEPLOY_FAULTS ?= 200
SOAK_FETCHES ?= 1000000

# Empty without git or outside a clone; the program then calls itself "dev".
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)

STATIC := adapters/http/web/static

.PHONY: run build plugins assets templ proto screenshots test test-deps check lint bench fuzz race crash deploy-faults soak docs clean

run: build
	exec bin/ignisfox serve

# -buildvcs=false: the version is given here, and go build would fail on a clone that git calls another user's.
build: assets plugins
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ignisfox ./cmd/ignisfox

# The manifest says which bytes the server may run; what is not in it never runs.
plugins:
	mkdir -p -m 0755 bin/plugins
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '-s -w' -o bin/plugins/ ./plugins/...
	$(GO) run ./sdk/cmd/plugin-manifest bin/plugins
	chmod go-w bin/plugins bin/plugins/*

assets:
	$(STATIC)/assets

templ:
	$(GO) tool templ generate -path adapters/http/web

proto:
	cd sdk/proto && $(GO) tool -modfile=../../tools/buf/go.mod buf lint
	cd sdk/proto && $(GO) tool -modfile=../../tools/buf/go.mod buf generate
	cd sdk/proto && find ignisfox -name '*.proto' -o -name '*.pb.go' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS

screenshots: test-deps assets
	rm -rf docs/screenshots
	IGNISFOX_SCREENSHOTS=$(CURDIR)/docs/screenshots $(GO) test -count=1 ./internal/shots

test: check
	node --test build/psparse/check.test.mjs $(STATIC)/src/js/*.test.mjs
	$(GO) test -count=1 -timeout $(TEST_TIMEOUT) ./...

test-deps:
	build/test-deps

check: test-deps assets
	build/check
	$(GO) vet ./...

lint: assets
	$(GO) tool -modfile=tools/golangci/go.mod golangci-lint run ./...

bench: test-deps assets
	$(GO) run ./internal/bench

fuzz: test-deps assets
	build/fuzz $(FUZZTIME)

# Tests of the whole binary run it as a process of its own, where the detector of the test does not look.
race: assets
	build/test-deps race
	$(GO) test -race -count=1 -timeout $(TEST_TIMEOUT) $$($(GO) list ./... | grep -v /cmd/)

crash: test-deps assets
	build/has-test TestCrash ./cmd/ignisfox/...
	IGNISFOX_CRASH_KILLS=$(CRASH_KILLS) $(GO) test -count=1 -v -run '^TestCrash' -timeout 120m ./cmd/ignisfox/...

deploy-faults: test-deps assets
	build/has-test TestDeployFaults ./cmd/ignisfox/...
	IGNISFOX_DEPLOY_FAULTS=$(DEPLOY_FAULTS) $(GO) test -count=1 -v -run '^TestDeployFaults' -timeout 120m ./cmd/ignisfox/...

soak: test-deps assets
	build/has-test TestSoak ./...pull
	IGNISFOX_SOAK_FETCHES=$(SOAK_FETCHES) $(GO) test -count=1 -v -run '^TestSoak' -timeout 60m ./...pull

# Written beside and moved, so that a failure leaves the old page.
docs:
	mkdir -p docs
	$(GO) run ./cmd/ignisfox settings-doc > docs/.configuration.md.new
	mv docs/.configuration.md.new docs/configuration.md

clean:
	rm -rf bin build/psparse/node_modules build/axe/node_modules examples/deploy-node/node_modules docs/.configuration.md.new $(STATIC)/node_modules $(STATIC)/.dist.new
	find $(STATIC)/dist -type f ! -name .keep -delete
