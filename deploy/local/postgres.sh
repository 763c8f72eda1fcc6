# The private PostgreSQL of `make run`. Sourced by bash, not run.

postgres_folder=$state/postgres
# How a program of PostgreSQL is run; it refuses root, for which its package has brought a user.
postgres_as=()

# A checkout that the other user may not enter (/root) needs the right to pass through folders.
choose_postgres_user() {
    [ "$(id -u)" = 0 ] || return 0
    chown postgres: "$postgres_folder"
    local right user=(--reuid=postgres --regid=postgres --clear-groups)
    for right in "" dac_read_search dac_override; do
        # shellcheck disable=SC2206 # options without spaces
        postgres_as=("${user[@]}" ${right:+--inh-caps=+$right --ambient-caps=+$right})
        setpriv "${postgres_as[@]}" ls "$postgres_folder" >/dev/null 2>&1 && return
    done
    fail "PostgreSQL does not run as root, and the user postgres may not enter $postgres_folder" \
        "clone into another folder, such as /srv/wildside, or run this as another user"
}

as_postgres() {
    if [ ${#postgres_as[@]} -gt 0 ]; then setpriv "${postgres_as[@]}" "$@"; else "$@"; fi
}

create_cluster() {
    step "creating a database cluster"
    local password_file=$postgres_folder/password
    rm -rf "$postgres_folder/data" "$password_file"
    cp "$(secret postgres.password 18)" "$password_file"
    [ "$(id -u)" != 0 ] || chown postgres: "$password_file"
    run_logged initdb as_postgres "$1/initdb" -D "$postgres_folder/new" -U wildside -E UTF8 --locale=C.UTF-8 \
        -A scram-sha-256 --pwfile="$password_file"
    rm "$password_file"
    mv "$postgres_folder/new" "$postgres_folder/data"
}

postgres_answers() { "$1/psql" -X -q -d "$2/postgres" -c 'SELECT 1' >/dev/null; }

# Sets DATABASE_URL, after starting a server unless it is set already.
start_postgres() {
    if [ -n "${DATABASE_URL:-}" ]; then
        step "using the PostgreSQL of DATABASE_URL"
        return
    fi
    local bin port server
    bin=$(postgres_bin)
    mkdir -p "$postgres_folder"
    choose_postgres_user
    stop_leftover postgres "$bin/postgres" INT
    [ -f "$postgres_folder/data/PG_VERSION" ] || create_cluster "$bin"
    port=$(choose_port postgres)
    step "starting PostgreSQL on 127.0.0.1:$port"
    start postgres "${postgres_as[@]}" "$bin/postgres" -D "$postgres_folder/data" -c port="$port" \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=128MB
    server=postgres://wildside:$(cat "$state/postgres.password")@127.0.0.1:$port
    wait_until postgres 60 postgres_answers "$bin" "$server"
    export DATABASE_URL=$server/wildside
    "$bin/psql" -X -q -A -t -d "$server/postgres" -c "SELECT 1 FROM pg_database WHERE datname = 'wildside'" | grep -q 1 ||
        "$bin/createdb" --maintenance-db="$server/postgres" wildside
}
