use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use wildside_dev::postgres::{User, client};

const MISSING: &str = "PostgreSQL 15 or newer with PostGIS, and Redis 7 or newer, must be installed; \
                       `make test` installs them, on Debian: apt-get install postgresql postgis redis-server";

/// The user that PostgreSQL's programs run as.
pub(crate) static POSTGRES: LazyLock<User> = LazyLock::new(User::new);

/// Hands a folder to the user that PostgreSQL runs as.
pub(crate) fn give_to_postgres(folder: &Path) {
    POSTGRES
        .give(folder)
        .expect("a test's folder can be given away");
}

/// A client program of PostgreSQL, such as `psql` or `pg_dump`, as new as the servers are.
pub fn postgres_client(name: &str) -> Command {
    client(name).expect(MISSING)
}

/// Runs a command to its end and panics with what it said when it fails.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}. {MISSING}"));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
