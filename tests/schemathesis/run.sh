#!/usr/bin/env bash
# Starts a server on a database and a Redis of its own, logs in, and has schemathesis ask it everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
examples=${1:-50}
target=${CARGO_TARGET_DIR:-target}
version=4.32.5
venv=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/schemathesis-$version
work=$(mktemp -d)
log=$work/server.log

if [ ! -x "$venv/bin/schemathesis" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet "schemathesis==$version"
fi

coproc servers { exec "$target/debug/examples/servers"; }
stop_servers=${servers[1]}
read -r DATABASE_URL <&"${servers[0]}"
read -r REDIS_URL <&"${servers[0]}"
export DATABASE_URL REDIS_URL
cleanup() {
    [ -z "${server:-}" ] || kill "$server" 2>/dev/null || true
    eval "exec ${stop_servers}>&-"
    wait
    rm -rf "$work"
}
trap cleanup EXIT

# The suite makes far more requests, accounts and failed logins than any person.
export WILDSIDE_REQUESTS_PER_SECOND=0 WILDSIDE_ROUTE_REQUESTS_PER_MINUTE=0 WILDSIDE_SIGNUPS_PER_ADDRESS=0
export WILDSIDE_LOGINS_PER_ADDRESS=0 WILDSIDE_LOGINS_PER_NAME=0 SESSION_COOKIE_SECURE=0 WILDSIDE_LOG_FORMAT=json
export WILDSIDE_BIND=127.0.0.1:${PORT:-$((20000 + RANDOM % 10000))}
base=http://$WILDSIDE_BIND
"$target/debug/wildside" 2>"$log" &
server=$!
for _ in $(seq 100); do
    curl -fs "$base/health/ready" >/dev/null && break
    sleep 0.1
done

cookie=$(curl -fs -D - -o /dev/null -H 'content-type: application/json' "$base/api/v1/users" \
    -d '{"username": "schemathesis", "password": "a fine long password"}' | sed -n 's/^set-cookie: \(session=[^;]*\).*/\1/ip')

psql -qX "$DATABASE_URL" -f tests/schemathesis/street.sql
{
    cat tests/schemathesis/checks.toml
    printf '[auth.openapi.session]\napi_key = "%s"\n' "${cookie#session=}"
} >"$work/schemathesis.toml"

# What ends the session, and what is no plain HTTP, is tested elsewhere.
# shellcheck disable=SC2086
"$venv/bin/schemathesis" --config-file "$work/schemathesis.toml" run "$base/openapi.json" --url "$base" \
    --max-examples "$examples" --phases examples,coverage,fuzzing,stateful --continue-on-failure \
    --generation-deterministic \
    --exclude-path /ws --exclude-path /api/v1/logout --exclude-operation-id delete_me ${SCHEMATHESIS_ARGS:-}

# No secret of the suite may have reached a log.
if grep -F -e 'a fine long password' -e "${cookie#session=}" "$log"; then
    echo "a secret is in the log" >&2
    exit 1
fi
