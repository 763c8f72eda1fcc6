#!/usr/bin/env bash
# `make run`: everything that Wildside needs, private and in one folder, and a walk to begin with.
set -uo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=/dev/null
for part in common processes build postgres redis martin; do . "$here/$part.sh"; done
cd "$root" || exit 1

bin=${CARGO_TARGET_DIR:-$root/target}/debug
bind=${WILDSIDE_BIND:-127.0.0.1:8080}
extract=${PBF:-ingest/data/helsinki.osm.pbf}
walk_start=${AT:-24.9522,60.1690}
walk_themes="Architecture,Waterfront,Quiet parks,Monuments and memorials,Sacred places"

# Where a client on this machine finds the server.
server_port=${bind##*:}
server_host=${bind%:*}
case $server_host in
    0.0.0.0) server_host=127.0.0.1 ;;
    '[::]') server_host='[::1]' ;;
esac
server_url=http://$server_host:$server_port

take_lock() {
    exec 9>>"$state/lock"
    flock -w 2 9 || fail "make run is running in this folder already (process $(cat "$state/lock"))"
    say $$ >"$state/lock"
}

check_bind() {
    case $server_port in
        '' | *[!0-9]*) fail "WILDSIDE_BIND is not an address and a port, such as 127.0.0.1:8080: $bind" ;;
    esac
    ! listens "$(tr -d '[]' <<<"$server_host")" "$server_port" ||
        fail "$server_host:$server_port is taken: another program listens there" \
            "stop it, or choose another address: make run WILDSIDE_BIND=127.0.0.1:8081"
}

needs() {
    say compiler
    [ -n "${DATABASE_URL:-}" ] || say postgres
    [ -n "${REDIS_URL:-}" ] || say redis
}

# answers URL-HOST PORT PATH: whether a GET there is answered with 200.
answers() {
    local status
    exec 8<>"/dev/tcp/$(tr -d '[]' <<<"$1")/$2" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n' "$3" "$1" "$2" >&8
    read -r -t 5 _ status _ <&8
    exec 8>&-
    [ "$status" = 200 ]
}

configure() {
    export WILDSIDE_BIND=$bind
    export WILDSIDE_METRICS_BIND=${WILDSIDE_METRICS_BIND:-127.0.0.1:$(choose_port worker)}
    SESSION_KEY_FILE=${SESSION_KEY_FILE:-$(secret session.key 96)}
    TILE_TOKEN_KEY_FILE=${TILE_TOKEN_KEY_FILE:-$(secret tile-token.key 48)}
    export SESSION_KEY_FILE TILE_TOKEN_KEY_FILE
    export SESSION_COOKIE_SECURE=${SESSION_COOKIE_SECURE:-0}
    configure_tiles
    # All clients on this machine share one address.
    export WILDSIDE_REQUESTS_PER_SECOND=${WILDSIDE_REQUESTS_PER_SECOND:-0}
    export WILDSIDE_LOGINS_PER_ADDRESS=${WILDSIDE_LOGINS_PER_ADDRESS:-0}
    export WILDSIDE_CONNECTIONS_PER_ADDRESS=${WILDSIDE_CONNECTIONS_PER_ADDRESS:-0}
    export WILDSIDE_SIGNUPS_PER_ADDRESS=${WILDSIDE_SIGNUPS_PER_ADDRESS:-0}
    (umask 077 && export -p | grep -E ' (DATABASE_URL|REDIS_URL|WILDSIDE_\w*|SESSION_\w*|TILE_\w*)=' | sed 's/^declare -x/export/' >"$state/env")
}

start_services() {
    step "starting the server on $bind and a worker"
    start server "$bin/wildside" --mode server
    start worker "$bin/wildside" --mode worker
    wait_until server 60 answers "$server_host" "$server_port" /health/ready
    wait_until worker 60 answers "${WILDSIDE_METRICS_BIND%:*}" "${WILDSIDE_METRICS_BIND##*:}" /healthz
}

take_a_walk() {
    step "asking for a walk of 60 minutes, as a client would"
    say
    "$bin/wildside" walk --server "$server_url" --at "$walk_start" --minutes 60 \
        --themes "$walk_themes" --output "$state/walk.geojson" ||
        fail "no walk came back" "logs: .wildside/log/server.log and .wildside/log/worker.log"
}

print_addresses() {
    cat <<ADDRESSES

Wildside is running. Ctrl-C stops it; the data stays in .wildside/ until make clean-data.
  map        $(page_address)
  API        $server_url/api/v1, described at $server_url/docs
  tiles      ${TILE_URL_TEMPLATE:-none: make martin installs the tile server}
  metrics    $server_url/metrics and http://$WILDSIDE_METRICS_BIND/metrics (worker)
  settings   .wildside/env, to be sourced before using ${bin#"$root"/}/wildside or psql
  logs       .wildside/log/
ADDRESSES
}

watch() {
    while heed_caller; do
        keep_running
        sleep 0.5
    done
}

stop_all() {
    trap '' INT TERM HUP
    trap - EXIT
    [ ${#pids[@]} -eq 0 ] || step "stopping"
    for name in build server worker; do
        [ -z "${pids[$name]:-}" ] || signal "${pids[$name]}" TERM
    done
    stop build TERM 10
    stop nginx TERM 10
    stop martin TERM 10
    stop server TERM 40
    stop worker TERM 40
    stop redis TERM 20
    stop postgres INT 60
}

trap stop_all EXIT
trap 'exit 0' INT TERM HUP

[ -z "${PBF:-}" ] || [ -n "${AT:-}" ] || fail "AT is missing: where the walk in $PBF begins, as in AT=7.4246,43.7384"
take_lock
stop_leftover server "$bin/wildside" TERM
stop_leftover worker "$bin/wildside" TERM
check_bind
# shellcheck disable=SC2046 # words
"$here/install.sh" $(needs) || exit 1
build
start_postgres
start_redis
configure
step "migrating the database"
run_logged migrate "$bin/wildside" migrate
step "loading $extract, unless it is there already"
run_logged ingest "$bin/wildside-ingest" --pbf "$extract"
start_services
start_tiles
take_a_walk
print_addresses
watch
