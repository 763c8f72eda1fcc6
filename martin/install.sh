#!/usr/bin/env bash
# `make martin`: compiles the tile server, once for all checkouts of a user, and sees to nginx. About 12 minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=1.14.0
folder=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/martin-$version

deploy/local/install.sh compiler nginx
[ ! -x "$folder/bin/martin" ] || exit 0

mkdir -p "$folder"
# Whoever comes second waits, and finds it done.
exec 9>"$folder/lock"
flock 9
[ ! -x "$folder/bin/martin" ] || exit 0
echo "compiling the tile server, Martin $version; this takes some 12 minutes, once"
env -u CARGO_TARGET_DIR cargo install martin --version "$version" --locked --no-default-features \
    --features postgres,metrics --root "$folder" --quiet
