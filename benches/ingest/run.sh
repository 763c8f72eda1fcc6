#!/usr/bin/env bash
# run.sh COPIES: loads the same file with wildside-ingest and with osm2pgsql into a PostgreSQL of its own, and prints
# seconds, megabytes a second and the largest memory of each.
set -euo pipefail
cd "$(dirname "$0")/../.."
copies=$1
for tool in osmium osm2pgsql /usr/bin/time; do
    command -v "$tool" >/dev/null || { echo "needs $tool (Debian: osmium-tool, osm2pgsql, time)" >&2; exit 1; }
done
binary=${CARGO_TARGET_DIR:-target}/release/wildside-ingest
programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
folder=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
as_postgres=()
if [ "$(id -u)" = 0 ]; then
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chown postgres "$folder"
fi
stop() {
    "${as_postgres[@]}" "$programs/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
"${as_postgres[@]}" "$programs/initdb" -D "$folder/data" -A trust --locale=C.UTF-8 -E UTF8 >/dev/null
"${as_postgres[@]}" "$programs/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
    -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c shared_buffers=512MB -c max_wal_size=8GB" start >/dev/null

file=${BENCH_FILE:-$folder/large.osm.pbf}
[ -e "$file" ] || benches/ingest/tile.sh ingest/data/monaco.osm.pbf "$copies" "$file"
megabytes=$(($(stat -c %s "$file") / 1000000))
user=$([ "$(id -u)" = 0 ] && echo postgres || id -un)
sql() { psql -q -h 127.0.0.1 -p "$port" -U "$user" -v ON_ERROR_STOP=1 "$@"; }
sql -c 'CREATE DATABASE ours' -c 'CREATE DATABASE theirs' postgres
sql -c 'CREATE EXTENSION postgis' theirs
cat migrations/*/up.sql | sql ours >/dev/null

measure() {
    local name=$1
    shift
    /usr/bin/time -f '%e %U %S %M' -o "$folder/time" "$@" >"$folder/$name.log" 2>&1 || { cat "$folder/$name.log"; exit 1; }
    awk -v name="$name" -v mb="$megabytes" \
        '{ printf "%-16s %7.1f s  %6.2f MB/s  %6.1f s CPU of its own  %5d MB of memory\n", name, $1, mb / $1, $2 + $3, $4 / 1024 }' "$folder/time"
}
echo "$megabytes MB of PBF"
measure wildside-ingest "$binary" --pbf "$file" --name bench --database-url "postgres://$user@127.0.0.1:$port/ours"
measure osm2pgsql osm2pgsql -c -d theirs -H 127.0.0.1 -P "$port" -U "$user" --number-processes 2 "$file"
