# The private Redis of `make run`. Sourced by bash, not run.

redis_folder=$state/redis

redis_config() {
    cat <<CONFIG
bind 127.0.0.1
port $1
requirepass $(cat "$(secret redis.password 18)")
dir $redis_folder
appendonly yes
CONFIG
}

redis_answers() {
    REDISCLI_AUTH=$(cat "$state/redis.password") redis-cli -h 127.0.0.1 -p "$1" ping | grep -q PONG
}

# Sets REDIS_URL, after starting a server unless it is set already.
start_redis() {
    if [ -n "${REDIS_URL:-}" ]; then
        step "using the Redis of REDIS_URL"
        return
    fi
    local port
    mkdir -p "$redis_folder"
    stop_leftover redis "$(command -v redis-server)" TERM
    port=$(choose_port redis)
    step "starting Redis on 127.0.0.1:$port"
    (umask 077 && redis_config "$port" >"$redis_folder/redis.conf")
    start redis redis-server "$redis_folder/redis.conf"
    wait_until redis 30 redis_answers "$port"
    REDIS_URL=redis://:$(cat "$state/redis.password")@127.0.0.1:$port/
    export REDIS_URL
}
