use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const MISSING: &str = "PostgreSQL 15 or newer with PostGIS, and Redis 7 or newer, must be installed; \
                       `make test` installs them, on Debian: apt-get install postgresql postgis redis-server";

/// Folder of `initdb`, `postgres` and `psql` of the newest PostgreSQL that has PostGIS.
static POSTGRES_BIN: LazyLock<PathBuf> = LazyLock::new(|| {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect(MISSING);
    versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| {
            let control = format!("/usr/share/postgresql/{version}/extension/postgis.control");
            *version >= 15 && Path::new(&control).exists()
        })
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .expect(MISSING)
});

/// PostgreSQL refuses to run as root; its package brings a user for it.
static IS_ROOT: LazyLock<bool> = LazyLock::new(|| {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.trim_ascii() == b"0"
});

/// A program of PostgreSQL, run as a user that it accepts.
pub(crate) fn postgres_program(name: &str) -> Command {
    as_postgres(Command::new(POSTGRES_BIN.join(name)))
}

/// The same program, run as a user that is not root.
pub(crate) fn as_postgres(program: Command) -> Command {
    if !*IS_ROOT {
        return program;
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program.get_program());
    command
}

/// Hands a folder to the user that PostgreSQL runs as.
pub(crate) fn give_to_postgres(folder: &Path) {
    if *IS_ROOT {
        run(Command::new("chown").arg("postgres:").arg(folder));
    }
}

/// A client program of PostgreSQL, such as `psql` or `pg_dump`, as new as the servers are.
pub fn postgres_client(name: &str) -> Command {
    Command::new(POSTGRES_BIN.join(name))
}

/// The Redis server.
pub(crate) fn redis_server() -> Command {
    Command::new("redis-server")
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
