# Starting, watching and stopping the processes of `make run`. Sourced by bash, not run.

declare -A pids=() started_at=() ends_in_a_row=()

# make does not pass a SIGINT on that was sent to it alone: it stops catching it and waits for us to end.
signals_of_make() {
    [ "$(cat "/proc/$PPID/comm" 2>/dev/null)" != make ] || grep SigCgt "/proc/$PPID/status"
}
signals_at_start=$(signals_of_make)

# Ends this script when whoever called it has gone or been told to stop.
heed_caller() {
    [ -d "/proc/$PPID" ] && [ "$(signals_of_make)" = "$signals_at_start" ] || exit 0
}

# start NAME COMMAND…: runs it in the background with its output in a log file.
start() {
    local -n command=command_of_$1
    command=("${@:2}")
    : >"$log/$1.log"
    start_again "$1"
}

# In a session of its own, so that Ctrl-C reaches this script alone; told to end when this script is killed.
start_again() {
    local -n command=command_of_$1
    setsid setpriv --pdeathsig=TERM "${command[@]}" >>"$log/$1.log" 2>&1 </dev/null 9>&- &
    pids[$1]=$!
    started_at[$1]=$SECONDS
    say "$!" >"$state/$1.pid"
}

is_running() { kill -0 "${pids[$1]:-0}" 2>/dev/null; }

# wait_until NAME SECONDS CHECK…: fails with the log when the process ends or is too slow.
wait_until() {
    local name=$1 limit=$((SECONDS + $2))
    shift 2
    until "$@" 2>/dev/null; do
        heed_caller
        is_running "$name" || fail_with_log "$log/$name.log" "$name has ended instead of starting"
        [ "$SECONDS" -lt "$limit" ] || fail_with_log "$log/$name.log" "$name is not ready after a long wait"
        sleep 0.05
    done
}

# signal PID NAME: to the whole group that `start` made of it.
signal() { kill -"$2" -- "-$1" 2>/dev/null || kill -"$2" "$1" 2>/dev/null; }

# stop NAME SIGNAL SECONDS: asks, waits, and kills what does not listen.
stop() {
    local pid=${pids[$1]:-} limit=$((SECONDS + $3))
    [ -n "$pid" ] || return 0
    signal "$pid" "$2"
    while kill -0 "$pid" 2>/dev/null; do
        [ "$SECONDS" -lt "$limit" ] || { say "$1 does not stop and is killed" && signal "$pid" KILL; }
        sleep 0.05
    done
    wait "$pid" 2>/dev/null
    rm -f "$state/$1.pid"
    unset "pids[$1]"
}

# stop_leftover NAME PROGRAM SIGNAL: ends what an earlier run, killed itself, has left behind.
stop_leftover() {
    local pid
    pid=$(cat "$state/$1.pid" 2>/dev/null)
    if is_program "$pid" "$2"; then
        say "stopping $1 (process $pid), left over from a run that was killed"
        pids[$1]=$pid
        stop "$1" "$3" 15
    fi
    rm -f "$state/$1.pid"
}

# Starts again what has ended, as an orchestrator would: at once, then after longer and longer pauses, not for ever.
keep_running() {
    local name since_start
    for name in "${!pids[@]}"; do
        ! is_running "$name" || continue
        since_start=$((SECONDS - started_at[$name]))
        [ "$since_start" -lt 10 ] || ends_in_a_row[$name]=0
        [ "$since_start" -ge "${ends_in_a_row[$name]:-0}" ] || continue
        ends_in_a_row[$name]=$((${ends_in_a_row[$name]:-0} + 1))
        [ "${ends_in_a_row[$name]}" -le 5 ] || fail_with_log "$log/$name.log" "$name ends again and again"
        step "$name has ended and is started again"
        start_again "$name"
    done
    # Else bash would say in words of its own how each has ended.
    disown -a
}
