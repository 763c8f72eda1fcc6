#!/usr/bin/env bash
# Becomes Martin, from where install.sh puts it, on MARTIN_LISTEN with the database of MARTIN_DATABASE_URL.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/martin-1.14.0/bin/martin

[ -x "$program" ] || { echo "Martin is not installed: run make martin" >&2 && exit 1; }
# When a tile fails, these modules repeat its query, token included.
export RUST_LOG=martin=info,martin::srv=off,martin_core=info,martin_core::tiles=off
exec "$program" --config "$here/config.yaml"
