#!/usr/bin/env bash
# Runs every test of the workspace. The tests start their own servers and end them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$root"

if cargo nextest --version >/dev/null 2>&1; then
    cargo test --workspace --doc --quiet
    cargo nextest run --workspace
else
    cargo test --workspace
fi
