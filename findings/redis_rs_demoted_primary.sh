#!/usr/bin/env bash
# The connection manager of the crate `redis` stays on a primary that has become a replica.
#
# Guess: an answer READONLY makes it connect anew, as a lost connection does, so that a fail-over behind one address is followed.
# Seen with redis 1.8.1 (tokio-comp, connection-manager) and Redis 7 or newer: each write is refused with READONLY, and CLIENT ID
# stays the same, for as long as the old primary keeps the connection open. It has to be replaced by hand.
# Needs cargo, and redis-server in the PATH. Fails if this has changed.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$folder"' EXIT
cd "$folder"

redis-server --version
redis-server --port 0 --unixsocket "$folder/socket" --save '' --dir "$folder" >/dev/null &
server=$!
ask() { redis-cli -s "$folder/socket" "$@" 2>&1; }
for _ in $(seq 50); do [ "$(ask PING)" = PONG ] && break; sleep 0.1; done

mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"
[dependencies]
redis = { version = "=1.8.1", features = ["tokio-comp", "connection-manager"] }
tokio = { version = "1", features = ["rt", "macros", "time"] }
TOML
cat >src/main.rs <<'RUST'
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = format!("unix://{}", std::env::args().nth(1).unwrap());
    let client = redis::Client::open(url).unwrap();
    let mut manager = client.get_connection_manager().await.unwrap();
    let id = async |manager: &mut redis::aio::ConnectionManager| -> i64 {
        redis::cmd("CLIENT").arg("ID").query_async(manager).await.unwrap()
    };
    let before = id(&mut manager).await;
    let _: () = redis::cmd("SET").arg("key").arg(1).query_async(&mut manager).await.unwrap();
    let _: () = redis::cmd("REPLICAOF").arg("127.0.0.1").arg(1).query_async(&mut manager).await.unwrap();
    let mut refused = 0;
    for _ in 0..30 {
        let set: redis::RedisResult<()> = redis::cmd("SET").arg("key").arg(2).query_async(&mut manager).await;
        refused += usize::from(set.is_err_and(|error| error.code() == Some("READONLY")));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{refused} of 30 writes in 3 s refused with READONLY");
    println!("the connection is {}", if id(&mut manager).await == before { "the same" } else { "another" });
}
RUST
cargo run --quiet -- "$folder/socket" | tee seen
diff seen - <<'SEEN'
30 of 30 writes in 3 s refused with READONLY
the connection is the same
SEEN
