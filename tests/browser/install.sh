#!/usr/bin/env bash
# `make browser`: what the tests in a browser need: chromium, node and the packages of package-lock.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

../../deploy/local/install.sh chromium node
[ ! node_modules/.package-lock.json -nt package-lock.json ] || exit 0
npm ci --no-audit --no-fund --loglevel=error
touch node_modules/.package-lock.json
