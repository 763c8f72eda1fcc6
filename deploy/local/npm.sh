#!/usr/bin/env bash
# npm.sh FOLDER: installs the packages of its package-lock.json, unless they are there.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

"$here/install.sh" node
cd "$1"
[ ! node_modules/.package-lock.json -nt package-lock.json ] || exit 0
npm ci --no-audit --no-fund --loglevel=error
touch node_modules/.package-lock.json
