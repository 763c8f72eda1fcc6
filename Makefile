.DEFAULT_GOAL := help
# Where rustup puts cargo, for shells that have not been told.
export PATH := $(PATH):$(HOME)/.cargo/bin
need := deploy/local/install.sh
npm := deploy/local/npm.sh
servers = $${CARGO_TARGET_DIR:-target}/debug/examples/servers
martin_version := 1.14.0

.PHONY: help run test check fmt lint build image openapi clean-data martin browser page
.PHONY: test-page test-clients test-deploy test-faults test-postgres-17 test-postgres-18 schemathesis security
.PHONY: bench bench-chain bench-http bench-ingest bench-counts bench-osrm bench-oplib bench-pyvrp bench-push bench-queue
.PHONY: bench-directions bench-stranger bench-tiles bench-walks bench-curve bench-fingerprints

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Install, build, start everything here and take a walk; Ctrl-C stops it
	@$(need) compiler
	@cargo dev run

test: martin browser ## Install what is missing and run every test
	@$(need) compiler postgres redis pgbouncer
	@if cargo nextest --version >/dev/null 2>&1; then \
	    cargo test --workspace --doc --quiet && \
	    cargo nextest run --workspace --profile all --test-threads $$((2 * $$(nproc))); \
	else \
	    cargo test --workspace; \
	fi

check: lint ## Formatting, lints, documentation and dependencies, without running tests
	@deploy/local/dependencies.sh

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --document-private-items --quiet

fmt: ## Format the code
	cargo fmt --all

build: ## Build the release
	cargo build --release --workspace --bins

# dev: unoptimised programs, for a test that is soon done.
PROFILE ?= release

image: martin ## Build both images with buildah, and walk with their programs as a stranger on a read-only root (PROFILE=dev: sooner)
	@$(need) postgres redis python buildah debootstrap
	@cargo build --quiet --workspace --bins --example servers
	@PROFILE=$(PROFILE) deploy/image.py
	@$(servers) databases deploy/image.py try

openapi: ## Print the API description
	@cargo run --quiet -- openapi

clean-data: ## Throw away the data of `make run`
	@cargo dev clean

martin: ## Install the tile server, once (12 minutes), and what draws its map
	@$(need) compiler nginx
	@deploy/local/cargo_tool.sh martin $(martin_version) 12 --no-default-features --features postgres,metrics >/dev/null
	@$(npm) web

browser: ## Install what the tests in a browser need
	@$(need) chromium
	@$(npm) web
	@$(npm) tests/browser

page: ## Build the page into web/dist, which is committed
	@$(need) node
	@$(npm) web
	@npm run --silent --prefix web build

# More tests

test-page: browser ## Go through the page in a browser, on the real stack (PICTURES=folder), once web/dist is what web/ builds
	@npm run --silent --prefix web build -- --logLevel warn --outDir ../target/page --emptyOutDir
	@diff -rq web/dist target/page || { echo "web/dist is not what web/ builds: make page" >&2; exit 1; }
	@$(need) compiler postgres redis
	@cargo test --quiet --workspace --test it -- tiles::page

test-clients: ## Generate clients from the API's description, and walk with them
	@$(need) compiler postgres redis java xmllint python
	@$(npm) tests/clients
	@cargo build --quiet --workspace --bins --example servers
	@tests/clients/run.py
	@SESSION_COOKIE_SECURE=0 WILDSIDE_REQUESTS_PER_SECOND=0 $(servers) all tests/clients/run.py walk

test-deploy: martin ## Manifests, alerts, dashboards and routes, each held against the programs themselves and a planted fault
	@$(need) postgres redis python promtool
	@$(npm) tests/deploy
	@cargo build --quiet --workspace --bins --example servers
	@$(servers) databases tests/deploy/run.py

ROWS ?=

test-faults: ## Real processes under load, and some forty faults: prints a table (ROWS=1,2,6: some rows)
	@$(need) compiler postgres redis pgbouncer faketime
	@ulimit -n $$(ulimit -Hn) && cargo test --quiet --workspace --test faults -- matrix $(ROWS)

# REQUIRED=yes: what can't be tried fails instead of being told.
REQUIRED ?=

test-postgres-17: ## Migrations, backups, loads, tiles and walks in a Debian 13, with its PostgreSQL 17 and Redis 8; as root
	@REQUIRED=$(REQUIRED) tests/postgres/debian_13.py

test-postgres-18: ## Migrations, indexes and tile tokens on PostgreSQL 18, as PGlite in Node.js
	@if $(npm) tests/postgres; then node tests/postgres/pglite.mjs migrations; \
	else echo "PostgreSQL 18 was NOT tried: PGlite can't be installed" >&2; [ -z "$(REQUIRED)" ]; fi

EXAMPLES ?= 50
# The suite makes far more requests, accounts and failed logins than any person.
unlimited := WILDSIDE_REQUESTS_PER_SECOND=0 WILDSIDE_ROUTE_REQUESTS_PER_MINUTE=0 WILDSIDE_SIGNUPS_PER_ADDRESS=0 \
    WILDSIDE_LOGINS_PER_ADDRESS=0 WILDSIDE_LOGINS_PER_NAME=0 SESSION_COOKIE_SECURE=0 WILDSIDE_LOG_FORMAT=json

schemathesis: ## Ask the running API everything its description allows, and more (EXAMPLES=50 for each operation)
	@$(need) compiler postgres redis python
	@cargo build --quiet --workspace --bin wildside --example servers
	@$(unlimited) $(servers) server tests/schemathesis/run.sh $(EXAMPLES)

security: ## Try to break in, and print each probe with its answer and the matrix of who may do what
	@cargo test --quiet --workspace --test it api::security:: -- --no-capture --test-threads=1

# Benches

# npm's packages of a peer, unless PEER=no.
peer = [ "$(PEER)" = no ] || npm ci --silent --no-audit --no-fund --prefix benches/$(1)/peer

WALKS ?= 100000

bench-chain: ## The whole chain from POST to WebSocket: rate, latency, memory; beside express with BullMQ and Socket.IO (PEER=no: without)
	@$(need) compiler postgres redis
	@$(call peer,chain)
	@PEER=$(PEER) cargo bench --quiet -p wildside --bench chain -- $(WALKS)

bench: ## Times and memory of the engine's parts in two cities
	@cargo bench --quiet -p wildside-bench-walks --bench engine

CONNECTIONS ?= 64
SECONDS_EACH ?= 5

bench-http: ## Requests a second of the main endpoints, beside bare handlers that do the same I/O (needs wrk)
	@command -v wrk >/dev/null || { echo "install wrk: apt-get install wrk" >&2; exit 1; }
	@cargo bench --quiet -p wildside --bench http -- $(CONNECTIONS) $(SECONDS_EACH)

THIRD_CITY ?= target/walks/neubrandenburg.osm.pbf
CITIES := ingest/data/helsinki.osm.pbf ingest/data/monaco.osm.pbf $(THIRD_CITY)
TOURS ?= 25

bench-directions: $(CITIES) ## The turns told on TOURS=25 walks in each of three cities beside the extract and Valhalla's guidance; fails below 99 %
	@cargo build --release --quiet -p wildside-bench-walks --example directions
	@python3 -m pip install --quiet --target target/valhalla --upgrade --python-version 3.12 --only-binary :all: --no-deps pyvalhalla==3.9.1
	@python3 -m venv target/osmium && target/osmium/bin/pip install --quiet osmium==4.3.2
	@target/release/examples/directions $(TOURS) $(CITIES) >target/valhalla/walks.jsonl
	@target/osmium/bin/python -B benches/directions/compare.py --valhalla target/valhalla --walks target/valhalla/walks.jsonl target/valhalla/tiles $(CITIES)

bench-ingest: ## Time a load beside osm2pgsql, on COPIES (100) shifted copies of a shipped extract
	@cargo build --release -p wildside-ingest
	@cargo build --quiet --workspace --example servers
	@$(servers) postgres benches/ingest/compare.py $(or $(COPIES),100)

bench-counts: ## Count the places of the shipped extracts by kind, beside a direct count with osmium
	cargo build --release -p wildside-ingest
	benches/ingest/counts.py $${CARGO_TARGET_DIR:-target}/release/wildside-ingest ingest/data/*.osm.pbf

bench-osrm: ## Walking times between 60 and 200 places beside OSRM, in two cities; prepares OSRM first
	@cargo build --release --quiet -p wildside-bench-walks --example matrix
	@python3 -m pip install --quiet --target target/osrm --upgrade --python-version 3.12 --only-binary :all: --no-deps osrm-bindings==26.10.0
	@benches/matrix/compare_osrm.py --osrm target/osrm --ours target/release/examples/matrix target/matrix

DIR ?= target/oplib
SEEDS ?= 3
MILLIS ?= 1000

bench-oplib: ## Gaps of the stop selection on made-up OPLib files (DIR=folder with a best_known.csv, SEEDS=3)
	@cargo build --release --quiet -p wildside-engine --example oplib
	@benches/oplib/generate.py target/oplib
	@benches/oplib/gaps.py --seeds $(SEEDS) $(DIR)

bench-pyvrp: ## The stop selection beside PyVRP, each for MILLIS=1000, on the files of DIR
	@cargo build --release --quiet -p wildside-engine --example oplib
	@benches/oplib/generate.py target/oplib
	@python3 -m venv target/pyvrp && target/pyvrp/bin/pip install --quiet pyvrp==0.14.1
	@target/pyvrp/bin/python -B benches/oplib/compare_pyvrp.py --millis $(MILLIS) --solver target/release/examples/oplib $(DIR)/*.oplib

bench-push: ## Push from Redis to WebSocket clients: rate, latency, memory; beside bare actix-web-actors and npm's ws with ioredis (PEER=no: without npm)
	@$(call peer,push)
	@ulimit -n 50000 2>/dev/null || ulimit -n $$(ulimit -Hn); PEER=$(PEER) cargo bench --quiet -p wildside-actors --bench push

bench-queue: ## The job queue with jobs that do nothing: latency, rate, memory; beside npm's BullMQ (PEER=no: without)
	@$(call peer,queue)
	@cargo bench --quiet -p wildside --bench queue

QUIET ?= 60
STORM ?= 120

bench-stranger: ## What a hostile address does to everybody else: the dearest requests, 50 a second (QUIET=60 STORM=120 seconds; BASE=path: an older wildside before it)
	@$(need) compiler postgres redis
	@BASE=$(BASE) cargo bench --quiet -p wildside --bench stranger -- $(QUIET) $(STORM)

bench-tiles: martin ## Latency and size of tiles along walks of a map view over a large city
	@$(need) compiler postgres
	@cargo bench --quiet --profile dev --bench tiles

STARTS ?= 200
PAGE ?= target/walks.html

bench-walks: $(CITIES) ## Walks from many starts, measured from outside, and a page of a dozen (STARTS=200 PAGE=file)
	@cargo run --release --quiet -p wildside-bench-walks -- --starts $(STARTS) --page $(PAGE) $(CITIES)
	@echo "A dozen walks for the eye: $(PAGE)"

target/walks/neubrandenburg.osm.pbf:
	@benches/walks/third_city.py $@

bench-fingerprints: $(CITIES) ## A hash of each of many walks: equal before and after a change that leaves walks as they are
	@cargo run --release --quiet -p wildside-bench-walks --example fingerprints -- $(CITIES)

bench-curve: ## How the time of a walk grows with the number of places in reach
	@cargo run --release --quiet -p wildside-bench-walks -- --curve
