//! A migrated database and a Redis for a script: prints their addresses, and keeps them until standard input ends.

use std::io::{Read, Write, stdin, stdout};

use wildside_test_support::{TestDatabase, TestRedis};

fn main() -> std::io::Result<()> {
    let (database, redis) = (TestDatabase::create(), TestRedis::start());
    writeln!(stdout(), "{}\n{}", database.url(), redis.url())?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
