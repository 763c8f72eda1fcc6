#!/usr/bin/env bash
# What a Redis user may not do is refused with the code NOPERM, but within a script with the code ERR.
#
# Guess: NOPERM in both cases, so that a client can tell missing rights from other errors by the code.
# Seen with Redis 7.0.15 of Debian 12: the same command of the same user is `NOPERM …` when sent by itself and
# `ERR The user executing the script …` when a script calls it. `redis.acl_check_cmd` tells a script beforehand.
# Needs Debian 12 (apt-get, dpkg) and nothing else. Fails if any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"

apt-get download -qq redis-server redis-tools liblzf1 libjemalloc2 liblua5.1-0 lua-cjson lua-bitop libhiredis0.14 2>/dev/null
for package in *.deb; do dpkg -x "$package" root; done
export PATH=$folder/root/usr/bin:$PATH LD_LIBRARY_PATH=$folder/root/usr/lib/x86_64-linux-gnu
redis-server --version | tee version
grep -q 'v=7\.0\.15 ' version || { echo "another version than 7.0.15" >&2; exit 1; }

redis-server --port 0 --unixsocket "$folder/socket" --save '' --dir "$folder" >/dev/null &
server=$!
ask() { redis-cli -s "$folder/socket" "$@" 2>&1; }
for _ in $(seq 50); do [ "$(ask PING)" = PONG ] && break; sleep 0.1; done

ask ACL SETUSER reader on nopass '~*' +@all -hset >/dev/null
as_reader() { redis-cli -s "$folder/socket" --user reader --pass x --no-auth-warning "$@" 2>&1; }
alone=$(as_reader HSET key field value)
in_script=$(as_reader EVAL "return redis.call('HSET', KEYS[1], 'field', 'value')" 1 key)
asked=$(as_reader EVAL "return tostring(redis.acl_check_cmd('HSET', KEYS[1], 'field', 'value'))" 1 key)
printf 'by itself:       %s\nin a script:     %s\nacl_check_cmd:   %s\n' "$alone" "$in_script" "$asked"

[[ $alone == *"NOPERM "* ]] || { echo "changed: by itself" >&2; exit 1; }
[[ $in_script == *"ERR The user executing the script can't run this command"* ]] || { echo "changed: in a script" >&2; exit 1; }
[ "$asked" = false ] || { echo "changed: acl_check_cmd" >&2; exit 1; }
