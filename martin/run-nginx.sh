#!/usr/bin/env bash
# run-nginx.sh FOLDER: becomes the nginx before Martin. Its files are in FOLDER.
# Reads TILES_LISTEN, MARTIN_ADDRESS and TILES_ALLOWED_ORIGIN.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fill_in() {
    sed -e "s|\${TILES_LISTEN}|$TILES_LISTEN|" -e "s|\${MARTIN_ADDRESS}|$MARTIN_ADDRESS|" \
        -e "s|\${TILES_ALLOWED_ORIGIN}|${TILES_ALLOWED_ORIGIN:-*}|"
}

mkdir -p "$1"
fill_in <"$here/tiles.conf.template" >"$1/tiles.conf"
cp "$here/nginx.conf" "$1/nginx.conf"
exec "$(PATH=$PATH:/usr/sbin command -v nginx)" -p "$1" -c nginx.conf
