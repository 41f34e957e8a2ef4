# Everything that one does with this repository. Each target installs what is missing.
.DEFAULT_GOAL := help
SHELL := /bin/sh

INSTALLED := node_modules/.installed
BUILT := dist/.built
SOURCES := $(shell find src generated -type f 2>/dev/null)

.PHONY: run test check build generate bench bench-timing fuzz lock help

run: $(BUILT) ## build and serve on http://127.0.0.1:3000, with a database of its own in .latchkey
	@node dist/src/main.js serve

test: check $(BUILT) ## everything: all checks, all tests
	NODE_OPTIONS=--experimental-vm-modules npx jest

check: $(INSTALLED) ## types, lint, format, layers, contracts, and whether generated/ is fresh
	npx tsc -p .
	npx eslint .
	npx prettier --check --log-level warn .
	npx depcruise --config .dependency-cruiser.cjs --output-type err src
	npx redocly lint --config openapi/redocly.yaml openapi/dialects/*.yaml
	npx redocly lint --config openapi/redocly.yaml --skip-rule no-unused-components generated/openapi.json
	node openapi/tools/generate.mjs dist/fresh
	diff -r generated dist/fresh

build: $(BUILT) ## compile to dist/; `npx latchkey ...` runs that

generate: $(INSTALLED) ## openapi/dialects -> generated/
	node openapi/tools/generate.mjs

bench: $(BUILT) ## measure: logins beside the password hash alone, token checks and refreshes beside a bare server, programs in each sandbox
	@node test/bench/logins.mjs
	@node test/bench/tokens.mjs
	@node test/bench/limits.mjs
	@node test/bench/sandbox.mjs

bench-timing: $(BUILT) ## measure: whether the time of an answer tells who has an account
	@node test/bench/timing.mjs

fuzz: $(INSTALLED) ## send N=200000 requests of all kinds to every operation, as SEED=7 decides them
	FUZZ_REQUESTS=$(or $(N),200000) FUZZ_SEED=$(or $(SEED),$$(date +%s)) NODE_OPTIONS=--experimental-vm-modules npx jest test/fuzz

lock: ## package.json -> package-lock.json, for every platform
	npm install --package-lock-only
	node .ci/complete-lock.mjs

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

$(INSTALLED): package-lock.json
	npm ci
	@touch $@

$(BUILT): $(INSTALLED) $(SOURCES) tsconfig.json src/tsconfig.json
	npx tsc -p src
	@chmod +x dist/src/main.js
	@ln -sf ../../dist/src/main.js node_modules/.bin/latchkey
	@touch $@
