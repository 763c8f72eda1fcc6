# What the scripts beside it share: places, words and checks. Sourced by bash, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.wildside
log=$state/log
mkdir -p "$log"
# Where rustup puts cargo, for shells that have not been told.
command -v cargo >/dev/null || PATH=$PATH:$HOME/.cargo/bin

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
    "$@" >"$file" 2>&1 </dev/null 9>&- || fail_with_log "$file" "this failed: $*"
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

# step WORDS…: says what begins now, and when.
step() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

# listens HOST PORT: whether anybody accepts connections there.
listens() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# choose_port NAME: the port remembered for NAME, or a free one if there is none or it is taken.
# Ports from 32768 up are given to outgoing connections, so a server there sometimes can't start.
choose_port() {
    local file=$state/$1.port port
    port=$(cat "$file" 2>/dev/null)
    while [ -z "$port" ] || listens 127.0.0.1 "$port"; do
        port=$((20000 + RANDOM % 12000))
    done
    say "$port" | tee "$file"
}

# random_secret BYTES: as one line of letters and digits.
random_secret() { head -c "$1" /dev/urandom | base64 -w 0 | tr -- '+/=' 'abc'; }

# secret NAME BYTES: the file of that name, made if it is not there.
secret() {
    local file=$state/$1
    [ -s "$file" ] || (umask 077 && random_secret "$2" >"$file")
    say "$file"
}

# is_program PID PROGRAM: whether that process runs that program, and is not another one with a used-up number.
is_program() {
    local running
    running=$(readlink "/proc/${1:-none}/exe") && [ "${running% (deleted)}" = "$(readlink -f "$2")" ]
}
