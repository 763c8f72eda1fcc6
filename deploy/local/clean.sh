#!/usr/bin/env bash
# `make clean-data`: throws away the data of `make run`.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

exec 9>>"$state/lock"
flock -n 9 || fail "make run is running in this folder (process $(cat "$state/lock")): stop it first"
rm -rf "$state"
say "the data in .wildside/ is gone"
