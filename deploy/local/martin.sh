# The tile server of `make run`, if `make martin` has installed it. Sourced by bash, not run.

martin_program=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/martin-1.14.0/bin/martin
nginx_program=$(PATH=$PATH:/usr/sbin command -v nginx)
tiles_folder=$state/tiles

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
}

# A login role that may do what martin_ro may. Prints the URL with which it opens the database.
martin_database_url() {
    local password address
    password=$(cat "$(secret martin.password 18)")
    "$(postgres_bin)/psql" -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL" >"$log/martin-role.log" 2>&1 <<SQL || return 1
SELECT 'CREATE ROLE wildside_martin IN ROLE martin_ro'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wildside_martin') \gexec
ALTER ROLE wildside_martin LOGIN PASSWORD '$password';
ALTER ROLE wildside_martin SET statement_timeout = '5s';
SQL
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
        martin/run-nginx.sh "$tiles_folder"
    wait_until martin 30 listens 127.0.0.1 "$martin_port"
    wait_until nginx 30 tiles_answer
}
