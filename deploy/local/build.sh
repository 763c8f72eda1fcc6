# Building with a progress line. Sourced by bash, not run.

# Cargo draws its bar into the log; its last state is "123/434: crate, …".
build_progress() { tr '\r' '\n' <"$log/build.log" | grep -o '[0-9]*/[0-9]*: ' | tail -n 1 | tr -d ': '; }

show_build_progress() {
    local shown=-20
    while is_running build; do
        heed_caller
        sleep 0.5
        if [ -t 1 ]; then
            printf '\r[%4d s] compiled %s ' "$SECONDS" "$(build_progress)"
        elif [ $((SECONDS - shown)) -ge 20 ] && [ -n "$(build_progress)" ]; then
            shown=$SECONDS
            step "compiled $(build_progress)"
        fi
    done
    [ ! -t 1 ] || printf '\r\033[K'
}

build() {
    step "building; the first time this takes minutes (log: .wildside/log/build.log)"
    start build env CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=80 CARGO_TERM_COLOR=never \
        cargo build --locked --workspace --bin wildside --bin wildside-ingest
    show_build_progress
    wait "${pids[build]}" || fail_with_log "$log/build.log" "the build failed"
    rm -f "$state/build.pid"
    unset "pids[build]"
}
