#!/usr/bin/env bash
# `make test-postgres-17`: runs the tests that ask the database most in a Debian 13. Its files are made once, by debootstrap, in the
# user's cache; the checkout is mounted into them for this run alone, and so is a folder for temporary files.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/local/common.sh"
cd "$root"
debian=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/debian-13
packages=(postgresql-17 postgresql-17-postgis-3 redis-server)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# skip WHY: ends the run; as a failure where it is required.
skip() {
    [ -z "${REQUIRED:-}" ] || fail "PostgreSQL 17 can't be tried: $1"
    say "PostgreSQL 17 was NOT tried: $1"
    exit 0
}

# In its own namespaces, so that no mount and no process outlives it.
isolated() { unshare --mount --pid --fork --kill-child "$@"; }

make_debian() {
    step "making a Debian 13 in $debian, once"
    rm -rf "$debian/new"
    run_logged debootstrap debootstrap --variant=minbase trixie "$debian/new"
    run_logged debian_13 isolated chroot "$debian/new" sh -c "
        mount -t proc proc /proc && apt-get update &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ${packages[*]} &&
        apt-get clean"
    mv "$debian/new" "$debian/root"
}

# tests PACKAGE NAME FILTER…: runs a compiled test file in the Debian.
tests() {
    local package=$1 name=$2 program
    shift 2
    program=$(cargo test --workspace --test "$name" --no-run 2>&1 | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
    [ -n "$program" ] || fail "tests/$name does not compile" "see: cargo test --workspace --test $name --no-run"
    step "$name on PostgreSQL 17"
    isolated sh -euc '
        debian=$1 root=$2 target=$3 tmp=$4 folder=$5
        shift 5
        mount -t proc proc "$debian/proc"
        mount --rbind /dev "$debian/dev"
        for folder_in in "$root" "$target"; do
            mkdir -p "$debian$folder_in"
            mount --bind "$folder_in" "$debian$folder_in"
        done
        mount --bind "$tmp" "$debian/tmp"
        exec chroot "$debian" env -i PATH=/usr/sbin:/usr/bin HOME=/tmp RUST_BACKTRACE=0 sh -c "cd \"\$0\" && exec \"\$@\"" "$folder" "$@"
    ' - "$debian/root" "$root" "$target" "$tmp" "$(package_folder "$package")" "$(realpath "$program")" "$@"
}

package_folder() {
    case $1 in
        wildside) say "$root" ;;
        wildside-ingest) say "$root/ingest" ;;
    esac
}

[ "$(id -u)" = 0 ] || skip "a Debian can be made and entered by root alone"
isolated true 2>/dev/null || skip "this system does not let root mount"
deploy/local/install.sh compiler debootstrap || skip "debootstrap can't be installed"
mkdir -p "$debian"
exec 9>"$debian/lock"
flock 9
[ -d "$debian/root" ] || (make_debian) || skip "no Debian 13 could be made, see .wildside/log"
flock -u 9

tmp=$(mktemp -d)
chmod 1777 "$tmp"
trap 'rm -rf "$tmp"' EXIT
cargo build --quiet --workspace --bins
tests wildside-ingest load
tests wildside it migrations:: tiles::{base,pois,routes,tokens}:: jobs::{generate_route,places,network,ledger}:: api::walks::
say "all of it passes on $(chroot "$debian/root" /usr/lib/postgresql/17/bin/postgres --version)"
