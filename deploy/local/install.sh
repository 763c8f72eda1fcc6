#!/usr/bin/env bash
# install.sh NEED…: sees to it that what is needed is there: `compiler`, `postgres`, `redis`, `nginx`,
# `chromium`, `node`, `python`, `java`, `xmllint`, `faketime`, `debootstrap`.
# Installs it with apt as root or by sudo without a password, else says what to install.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

is_there() {
    case $1 in
        compiler) compiler_works ;;
        postgres) postgres_bin ;;
        redis) redis_is_new_enough ;;
        chromium) command -v chromium || command -v chromium-browser || command -v google-chrome ;;
        node) [ "$(node --version | tr -dc '0-9.' | cut -d . -f 1)" -ge 18 ] && npm --version ;;
        nginx) PATH=$PATH:/usr/sbin command -v nginx ;;
        python) python3 -c 'import ensurepip, venv' && curl --version ;;
        java) java -version ;;
        xmllint) command -v xmllint ;;
        faketime) command -v faketime ;;
        debootstrap) [ -e /usr/share/debootstrap/scripts/trixie ] && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] ;;
    esac >/dev/null 2>&1
}

packages_of() {
    case $1 in
        compiler) say gcc libc6-dev ;;
        postgres) say postgresql postgresql-postgis ;;
        redis) say redis-server ;;
        nginx) say nginx-light ;;
        chromium) say chromium ;;
        node) say nodejs npm ;;
        python) say python3-venv curl ;;
        java) say default-jre-headless ;;
        xmllint) say libxml2-utils ;;
        faketime) say faketime ;;
        debootstrap) say debootstrap debian-archive-keyring ;;
    esac
}

requirement_of() {
    case $1 in
        compiler) say "a C compiler with its headers" ;;
        postgres) say "PostgreSQL 15 or newer with PostGIS (Debian 12 and Ubuntu 24.04 have it; others: https://apt.postgresql.org)" ;;
        redis) say "Redis 7 or newer (Debian 12 and Ubuntu 24.04 have it; others: https://packages.redis.io)" ;;
        nginx) say "nginx" ;;
        chromium) say "chromium" ;;
        python) say "Python 3 with venv, and curl" ;;
        node) say "Node.js 18 or newer with npm (Debian 12 and Ubuntu 24.04 have it; others: https://nodejs.org)" ;;
        java) say "a Java runtime, 11 or newer" ;;
        xmllint) say "xmllint" ;;
        faketime) say "faketime" ;;
        debootstrap) say "debootstrap with Debian's keys" ;;
    esac
}

missing() {
    local need
    for need in "$@"; do
        is_there "$need" || say "$need"
    done
}

check_cargo() {
    command -v cargo >/dev/null && return
    fail "cargo is not on the PATH" "a Rust toolchain is needed: https://rustup.rs"
}

# How apt may be called here; nothing when it may not.
privilege() {
    command -v apt-get >/dev/null || return 0
    if [ "$(id -u)" = 0 ]; then
        say env
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        say "sudo -n"
    fi
}

install_packages() {
    local apt="$1 DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300"
    shift
    say "installing $* (log: .wildside/log/install.log)"
    # shellcheck disable=SC2086 # a command in words
    run_logged install sh -c "$apt update; $apt install -y --no-install-recommends $*"
}

check_cargo
needs=$(missing "$@")
[ -n "$needs" ] || exit 0

packages=$(for need in $needs; do packages_of "$need"; done | tr '\n' ' ')
as=$(privilege)
if [ -z "$as" ]; then
    lines=()
    for need in $needs; do lines+=("- $(requirement_of "$need")"); done
    fail "this is missing and can't be installed without root or sudo:" "${lines[@]}" \
        "on Debian or Ubuntu, as root: apt-get update && apt-get install --no-install-recommends $packages"
fi
# shellcheck disable=SC2086 # package names
install_packages "$as" $packages
# shellcheck disable=SC2086 # words
for need in $(missing $needs); do
    fail "still missing after installing $(packages_of "$need"): $(requirement_of "$need")"
done
