use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::guarded::{self, Guarded, tied};
use crate::port::free_port;
use crate::programs::{POSTGRES, give_to_postgres};

const PROGRAM: &str = "/usr/sbin/pgbouncer";
const START_LIMIT: Duration = Duration::from_secs(10);

/// A pooler of connections in front of a PostgreSQL server.
#[derive(Debug)]
pub struct PgBouncer {
    url: String,
    _process: Guarded,
    _folder: TempDir,
}

impl PgBouncer {
    /// Test for a pooler on this machine.
    pub fn is_installed() -> bool {
        std::path::Path::new(PROGRAM).exists()
    }

    /// Starts one before the database at `url`, with `pool_mode` such as `transaction`.
    pub fn start(url: &str, pool_mode: &str) -> Self {
        let folder =
            TempDir::with_prefix("wildside-pgbouncer-").expect("a temporary folder can be made");
        let (user, password, port, database) = parts(url);
        let own_port = free_port();
        let settings = format!(
            "[databases]\n{database} = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {own_port}\nunix_socket_dir =\nauth_type = plain\nauth_file = {folder}/users\n\
             pool_mode = {pool_mode}\ndefault_pool_size = 40\n",
            folder = folder.path().display(),
        );
        for (name, text) in [
            ("settings", settings),
            ("users", format!("\"{user}\" \"{password}\"\n")),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, text).expect("a file can be written");
            give_to_postgres(&file);
        }
        give_to_postgres(folder.path());
        let mut command = Command::new(PROGRAM);
        command.arg(folder.path().join("settings"));
        let command = POSTGRES.runs(&tied(&command));
        let process = guarded::start(command, &folder.path().join("log"));
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, own_port)).is_err() {
            let log = std::fs::read_to_string(folder.path().join("log"));
            assert!(begun.elapsed() < START_LIMIT, "{log:?}");
            sleep(Duration::from_millis(20));
        }
        Self {
            url: url.replace(&format!(":{port}/"), &format!(":{own_port}/")),
            _process: process,
            _folder: folder,
        }
    }

    /// The database's URL, through it.
    pub fn url(&self) -> String {
        self.url.clone()
    }
}

/// User, password, port and database of a URL of the tests' own.
fn parts(url: &str) -> (&str, &str, &str, &str) {
    let mut parts = url.trim_start_matches("postgres://").split([':', '@', '/']);
    let mut next = || parts.next().expect("the URL has all parts");
    let (user, password) = (next(), next());
    next();
    (user, password, next(), next())
}
