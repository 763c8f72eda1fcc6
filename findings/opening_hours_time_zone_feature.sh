#!/usr/bin/env bash
# The opening-hours crate does not compile with its feature `auto-timezone` on a fresh resolve of its dependencies.
#
# Guess: a crate compiles with each of its features and the newest versions that its own requirements allow.
# Seen with opening-hours 2.1.4, tzf-rs 1.3.7 and tzf-dist 0.0.2026-f, which a fresh resolve takes: tzf-rs imports two functions
# that this tzf-dist no longer has (E0432). Without the feature opening-hours compiles.
# Needs cargo. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CARGO_TARGET_DIR=$folder/target

# manifest FEATURES
manifest() {
    printf '[package]\nname = "hours"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n%s\n' \
        "opening-hours = { version = \"=2.1.4\", features = [$1] }" >Cargo.toml
}
mkdir src && touch src/lib.rs

manifest ''
cargo check --quiet
echo "without the feature: compiles"

manifest '"auto-timezone"'
cargo generate-lockfile --quiet
grep -A 1 '^name = "tzf-' Cargo.lock | tee versions
grep -q '"1\.3\.7"' versions && grep -q '"0\.0\.2026-f"' versions || { echo "other versions are resolved" >&2; exit 1; }
! cargo check --quiet >output 2>&1 || { echo "changed: compiles" >&2; exit 1; }
grep -E '^error\[E0432\]: unresolved imports .*tzf_dist' output
