#!/usr/bin/env bash
# Unused dependencies; licences, sources, duplicates (which of them matter says deny.toml) and advisories of the others.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

PATH=$PATH:$("$here/cargo_tool.sh" cargo-machete 0.9.1 3)
cargo machete
PATH=$PATH:$("$here/cargo_tool.sh" cargo-deny 0.20.2 4)
cargo deny --workspace --all-features check bans licenses sources

# The same advisories that cargo-audit reads. Fails on one; a database that can't be reached is said and is no failure.
if found=$(cargo deny --workspace --all-features --color never check advisories 2>&1); then
    echo "no dependency has an advisory"
elif grep -q "failed to fetch advisory database" <<<"$found"; then
    echo "the advisory database can't be reached: advisories were not checked"
else
    printf '%s\nerror: a dependency has an advisory\n' "$found" >&2
    exit 1
fi
