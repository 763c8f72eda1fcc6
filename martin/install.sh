#!/usr/bin/env bash
# `make martin`: compiles the tile server, once for all checkouts of a user, and sees to nginx. About 12 minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deploy/local/install.sh compiler nginx
deploy/local/cargo_tool.sh martin 1.14.0 12 --no-default-features --features postgres,metrics >/dev/null
