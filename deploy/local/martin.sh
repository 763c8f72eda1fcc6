# The tile server of `make run` and a page with its map, if `make martin` has installed them. Sourced by bash, not run.

martin_program=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/martin-1.14.0/bin/martin
nginx_program=$(PATH=$PATH:/usr/sbin command -v nginx)
tiles_folder=$state/tiles
page_port=

has_tiles() { [ -x "$martin_program" ] && [ -n "$nginx_program" ]; }

# Chooses where the tiles are, and tells the server.
configure_tiles() {
    stop_leftover martin "$martin_program" TERM
    stop_leftover nginx "$nginx_program" TERM
    if ! has_tiles; then
        step "no map: the tile server is not installed (make martin installs it, once, in 12 minutes)"
        return
    fi
    tiles_port=$(choose_port tiles)
    TILE_URL_TEMPLATE=${TILE_URL_TEMPLATE:-http://$server_host:$tiles_port/tiles/routes/{route_id\}/{z\}/{x\}/{y\}.pbf?token={token\}}
    export TILE_URL_TEMPLATE
    [ ! -d web/node_modules/maplibre-gl ] || page_port=$(choose_port page)
}

# The address of the page, with the map where the walk begins.
page_address() {
    if [ -n "$page_port" ]; then
        say "http://$server_host:$page_port/#14/${walk_start#*,}/${walk_start%,*}"
    else
        say "none: make martin installs it"
    fi
}

# Prints the URL with which the tile server opens the database, as a role of its own.
martin_database_url() {
    local password address
    password=$(cat "$(secret martin.password 18)")
    MARTIN_PASSWORD=$password psql -X -q -d "$DATABASE_URL" -v login=wildside_martin \
        -f martin/login.sql >"$log/martin-role.log" 2>&1 || return 1
    address=${DATABASE_URL#*://}
    say "postgres://wildside_martin:$password@${address#*@}"
}

tiles_answer() { answers "$server_host" "$tiles_port" /health; }

start_tiles() {
    has_tiles || return 0
    local martin_port url=${MARTIN_DATABASE_URL:-}
    [ -n "$url" ] || url=$(martin_database_url) ||
        fail_with_log "$log/martin-role.log" "the role of the tile server can't be made: set MARTIN_DATABASE_URL with a member of martin_ro"
    martin_port=$(choose_port martin)
    step "starting the tile server on $server_host:$tiles_port"
    start martin env MARTIN_DATABASE_URL="$url" MARTIN_LISTEN="127.0.0.1:$martin_port" martin/run-martin.sh
    start nginx env TILES_LISTEN="${bind%:*}:$tiles_port" MARTIN_ADDRESS="127.0.0.1:$martin_port" \
        PAGE_LISTEN="${page_port:+${bind%:*}:$page_port}" SERVER_ADDRESS="$server_host:$server_port" \
        martin/run-nginx.sh "$tiles_folder"
    wait_until martin 30 listens 127.0.0.1 "$martin_port"
    wait_until nginx 30 tiles_answer
}
