#!/usr/bin/env bash
# `make browser`: what the tests in a browser need: chromium, node, MapLibre and what drives chromium.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

deploy/local/install.sh chromium
deploy/local/npm.sh web
deploy/local/npm.sh tests/browser
