#!/usr/bin/env bash
# install.sh NEED…: sees to it that what is needed is there, of the table below. Installs it with apt as root or by sudo
# without a password, else says what to install.
set -euo pipefail

# Name; how to look for it; packages; what it is.
table() {
    cat <<'TABLE'
compiler;echo 'int main(void) { }' | cc -include stdlib.h -x c -o /dev/null -;gcc libc6-dev;a C compiler with its headers
postgres;newest_postgres;postgresql postgresql-postgis;PostgreSQL 15 or newer with PostGIS (Debian 12 and Ubuntu 24.04 have it; others: https://apt.postgresql.org)
redis;[ "$(redis-server --version | sed -n 's/.* v=\([0-9]*\)\..*/\1/p')" -ge 7 ];redis-server;Redis 7 or newer (Debian 12 and Ubuntu 24.04 have it; others: https://packages.redis.io)
pgbouncer;[ -x /usr/sbin/pgbouncer ];pgbouncer;PgBouncer, the pooler of connections
nginx;PATH=$PATH:/usr/sbin command -v nginx;nginx-light;nginx
chromium;command -v chromium || command -v chromium-browser || command -v google-chrome;chromium;chromium
node;[ "$(node --version | tr -dc '0-9.' | cut -d . -f 1)" -ge 18 ] && npm --version;nodejs npm;Node.js 18 or newer with npm (Debian 12 and Ubuntu 24.04 have it; others: https://nodejs.org)
python;python3 -c 'import ensurepip, venv' && curl --version;python3-venv curl;Python 3 with venv, and curl
java;java -version;default-jre-headless;a Java runtime, 11 or newer
xmllint;command -v xmllint;libxml2-utils;xmllint
faketime;command -v faketime;faketime;faketime
buildah;command -v buildah crun;buildah crun;buildah, which builds images without a daemon
promtool;command -v promtool prometheus-postgres-exporter prometheus-redis-exporter;prometheus prometheus-postgres-exporter prometheus-redis-exporter;Prometheus with its promtool, and the exporters of PostgreSQL and Redis
debootstrap;[ -e /usr/share/debootstrap/scripts/trixie ] && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ];debootstrap debian-archive-keyring;debootstrap with Debian's keys
TABLE
}

newest_postgres() {
    local bin version
    for bin in /usr/lib/postgresql/*/bin; do
        version=$(basename "$(dirname "$bin")")
        [ "$version" -lt 15 ] || [ ! -f "/usr/share/postgresql/$version/extension/postgis.control" ] || return 0
    done 2>/dev/null
    return 1
}

# column NEED NUMBER: of the table.
column() { table | { grep "^$1;" || true; } | cut -d ';' -f "$2"; }

is_there() { (eval "$(column "$1" 2)") >/dev/null 2>&1; }

# fail LINE…: with every further one below the first.
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
    exit 1
}

# How apt may be called here; nothing when it may not.
privilege() {
    command -v apt-get >/dev/null || return 0
    if [ "$(id -u)" = 0 ]; then
        echo env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n"
    fi
}

command -v cargo >/dev/null || [ -x "$HOME/.cargo/bin/cargo" ] ||
    fail "cargo is not on the PATH" "a Rust toolchain is needed: https://rustup.rs"
needs=()
for need in "$@"; do
    [ -n "$(column "$need" 1)" ] || fail "no such need: $need"
    is_there "$need" || needs+=("$need")
done
[ ${#needs[@]} -gt 0 ] || exit 0

read -ra packages <<<"$(for need in "${needs[@]}"; do column "$need" 3; done | tr '\n' ' ')"
read -ra as <<<"$(privilege)"
if [ ${#as[@]} -eq 0 ]; then
    lines=()
    for need in "${needs[@]}"; do lines+=("- $(column "$need" 4)"); done
    fail "this is missing and can't be installed without root or sudo:" "${lines[@]}" \
        "on Debian or Ubuntu, as root: apt-get update && apt-get install --no-install-recommends ${packages[*]}"
fi
log=$(mktemp -t wildside-install.XXXXXX)
echo "installing ${packages[*]} (log: $log)"
apt=("${as[@]}" DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300)
{ "${apt[@]}" update || true; } >"$log" 2>&1 </dev/null
"${apt[@]}" install -y --no-install-recommends "${packages[@]}" >>"$log" 2>&1 </dev/null ||
    { tail -n 20 "$log" >&2; fail "this failed: apt-get install ${packages[*]}" "the whole output is in $log"; }
for need in "${needs[@]}"; do
    is_there "$need" || fail "still missing after installing $(column "$need" 3): $(column "$need" 4)"
done
