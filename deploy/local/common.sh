# What the scripts beside it share: places, words and checks. Sourced by bash, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.wildside
log=$state/log
mkdir -p "$log"

say() { printf '%s\n' "$*"; }

# fail MESSAGE…: every further argument is a line of its own.
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}

# run_logged NAME COMMAND…: its output goes to a log file, of which the end is shown when it fails.
run_logged() {
    local file=$log/$1.log
    shift
    "$@" >"$file" 2>&1 </dev/null || fail_with_log "$file" "this failed: $*"
}

fail_with_log() {
    tail -n 20 "$1" >&2
    fail "$2" "the whole output is in ${1#"$PWD"/}"
}

# The folder of the programs of the newest PostgreSQL, 15 at least, that has PostGIS; fails if there is none.
postgres_bin() {
    local bin version best=14 found=
    for bin in /usr/lib/postgresql/*/bin; do
        version=${bin#/usr/lib/postgresql/}
        version=${version%/bin}
        [ -f "/usr/share/postgresql/$version/extension/postgis.control" ] || continue
        [ "$version" -gt "$best" ] 2>/dev/null && best=$version && found=$bin
    done
    [ -n "$found" ] && say "$found"
}

redis_is_new_enough() {
    local version
    version=$(redis-server --version 2>/dev/null | sed -n 's/.* v=\([0-9]*\)\..*/\1/p')
    [ "${version:-0}" -ge 7 ]
}

compiler_works() {
    printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | cc -x c -o /dev/null - 2>/dev/null
}
