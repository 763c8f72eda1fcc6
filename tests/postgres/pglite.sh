#!/usr/bin/env bash
# `make test-postgres-18`: applies the migrations to PostgreSQL 18, which PGlite runs inside Node.js.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/local/common.sh"
cd "$root"

if ! "$root/deploy/local/npm.sh" tests/postgres; then
    [ -z "${REQUIRED:-}" ] || fail "PostgreSQL 18 can't be tried: PGlite can't be installed"
    say "PostgreSQL 18 was NOT tried: PGlite can't be installed"
    exit 0
fi
exec node tests/postgres/pglite.mjs migrations
