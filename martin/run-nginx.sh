#!/usr/bin/env bash
# run-nginx.sh FOLDER: becomes the nginx before Martin. Its files are in FOLDER.
# Reads TILES_LISTEN, MARTIN_ADDRESS, TILES_ALLOWED_ORIGIN (default *), TILES_REQUESTS_PER_SECOND (default 50),
# TILES_ACCESS_LOG (default access.log in FOLDER) and TILES_TRUSTED_PROXY (default: none).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sites=$1/sites

rate=${TILES_REQUESTS_PER_SECOND:-50}
[[ $rate =~ ^[1-9][0-9]{0,5}$ ]] || {
    echo "TILES_REQUESTS_PER_SECOND: \`$rate\` is not a number from 1 to 999999" >&2
    exit 1
}

fill_in() {
    sed -e "s|\${TILES_LISTEN}|$TILES_LISTEN|" -e "s|\${MARTIN_ADDRESS}|$MARTIN_ADDRESS|" \
        -e "s|\${TILES_REQUESTS_PER_SECOND}|$rate|" -e "s|\${TILES_BURST}|$((rate * 10))|" \
        -e "s|\${TILES_TRUSTED_PROXY}|${TILES_TRUSTED_PROXY:-unix:}|" \
        -e "s|\${TILES_ACCESS_LOG}|${TILES_ACCESS_LOG:-access.log}|" \
        -e "s|\${TILES_ALLOWED_ORIGIN}|${TILES_ALLOWED_ORIGIN:-*}|"
}

rm -rf "$sites" "$1/cache"
mkdir -p "$sites"
fill_in <"$here/tiles.conf.template" >"$sites/tiles.conf"
cp "$here/nginx.conf" "$1/nginx.conf"
exec "$(PATH=$PATH:/usr/sbin command -v nginx)" -p "$1" -c nginx.conf
