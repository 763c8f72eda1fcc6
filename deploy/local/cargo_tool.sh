#!/usr/bin/env bash
# cargo_tool.sh NAME VERSION MINUTES ARGUMENT…: compiles a program from crates.io, once for all checkouts of a user, and
# prints the folder that it is in.
set -euo pipefail
name=$1 version=$2 minutes=$3
shift 3
folder=${XDG_CACHE_HOME:-$HOME/.cache}/wildside/$name-$version

mkdir -p "$folder"
# Whoever comes second waits, and finds it done.
exec 9>"$folder/lock"
flock 9
if [ ! -x "$folder/bin/$name" ]; then
    echo "compiling $name $version; this takes some $minutes minutes, once" >&2
    env -u CARGO_TARGET_DIR cargo install "$name" --version "$version" --locked --root "$folder" --quiet "$@" >&2
fi
echo "$folder/bin"
