#!/usr/bin/env bash
# Licences, sources, duplicates and advisories of the dependencies.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

# Two of these would mean two connection types or two metric registries that know nothing of each other.
for package in actix-web diesel prometheus redis tokio; do
    versions=$(grep -c "^name = \"$package\"\$" Cargo.lock)
    [ "$versions" = 1 ] || fail "$versions versions of $package in Cargo.lock" "see: cargo tree --invert $package"
done

if cargo deny --version >/dev/null 2>&1; then
    cargo deny --workspace --all-features check bans licenses sources
else
    say "cargo-deny is not installed: licences and sources were not checked"
fi

# Fails on an advisory; a database that can't be reached is said and is no failure.
audit() {
    local found
    if ! cargo audit --version >/dev/null 2>&1; then
        say "cargo-audit is not installed: advisories were not checked"
    elif found=$(cargo audit --color never 2>&1); then
        say "no dependency has an advisory"
    elif grep -q "fetch advisory database" <<<"$found"; then
        say "the advisory database can't be reached: advisories were not checked"
    else
        fail "a dependency has an advisory" "$found"
    fi
}
audit
