#!/usr/bin/env bash
# run.sh EXAMPLES, run by the example `servers`: logs in at the server of BASE, and has schemathesis ask it everything.
set -euo pipefail
venv=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/schemathesis-4.32.5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -x "$venv/bin/schemathesis" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet "schemathesis==4.32.5"
fi
cookie=$(curl -fs -D - -o /dev/null -H 'content-type: application/json' "$BASE/api/v1/users" \
    -d '{"username": "schemathesis", "password": "a fine long password"}' | sed -n 's/^set-cookie: \(session=[^;]*\).*/\1/ip')
{
    cat tests/schemathesis/checks.toml
    printf '[auth.openapi.session]\napi_key = "%s"\n' "${cookie#session=}"
} >"$work/schemathesis.toml"

# What ends the session, and what is no plain HTTP, is tested elsewhere.
# shellcheck disable=SC2086 # words
"$venv/bin/schemathesis" --config-file "$work/schemathesis.toml" run "$BASE/openapi.json" --url "$BASE" \
    --max-examples "$1" --phases examples,coverage,fuzzing,stateful --continue-on-failure --generation-deterministic \
    --exclude-path /ws --exclude-path /api/v1/logout --exclude-operation-id delete_me ${SCHEMATHESIS_ARGS:-}

# No secret of the suite may have reached a log.
if grep -F -e 'a fine long password' -e "${cookie#session=}" "$SERVER_LOG"; then
    echo "a secret is in the log" >&2
    exit 1
fi
