#!/usr/bin/env bash
# Licences, advisories and duplicates of the dependencies.
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
