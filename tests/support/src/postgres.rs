use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wildside_dev::child::Signal;

use crate::certificates::{Authority, Certificate};
use crate::guarded::{self, END, Guarded};
use crate::port::free_port;
use crate::programs::{POSTGRES, give_to_postgres, postgres_client, run};
use crate::secret::password;
use crate::server_log::{LINE_PREFIX, LogWatch};

const START_LIMIT: Duration = Duration::from_secs(30);
/// Tries with another port, in case somebody took the first between looking and binding.
pub(crate) const START_TRIES: usize = 5;

/// Address of a server, and the way in.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) port: u16,
    pub(crate) password: String,
}

impl Access {
    pub(crate) fn new() -> Self {
        Self {
            port: free_port(),
            password: password(),
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let Self { port, password } = self;
        format!("postgres://wildside:{password}@127.0.0.1:{port}/{database}")
    }

    pub(crate) fn is_listening(&self) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
    }

    /// Runs one SQL text and returns its rows, unaligned.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut command = self.psql(database);
        let output = run(command.args(["-c", sql]));
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    pub(crate) fn psql(&self, database: &str) -> Command {
        let mut command = postgres_client("psql");
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.url(database))
            .env("PGOPTIONS", "-c client_min_messages=warning");
        command
    }

    fn answers(&self) -> bool {
        self.psql("postgres")
            .args(["-c", "select 1"])
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Waits until the server lets us in with our password, so it is ours; false when it has ended instead.
    pub(crate) fn wait_until_ready(&self, mut still_running: impl FnMut() -> bool) -> bool {
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if self.is_listening() && self.answers() {
                return true;
            }
            if !still_running() {
                return false;
            }
            sleep(Duration::from_millis(20));
        }
        panic!("PostgreSQL did not answer within {START_LIMIT:?}");
    }
}

/// Makes an empty cluster in `folder`/data.
pub(crate) fn create_cluster(folder: &Path, password: &str) {
    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("the folder of the test cluster can be made");
    give_to_postgres(&data);
    let secret = folder.join("password");
    std::fs::write(&secret, password).expect("the password file can be written");
    give_to_postgres(&secret);
    // In clear over loopback: thousands of short connections of debug builds would spend their time hashing.
    let initdb = POSTGRES.initdb(&data, &secret, "password");
    run(initdb.expect("PostgreSQL is installed").arg("--no-sync"));
}

/// The command that serves the cluster, tuned for data that need not outlive a crash.
pub(crate) fn server_command(folder: &Path, port: u16) -> Command {
    let settings = [
        "max_connections=300",
        "shared_buffers=64MB",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_wal_size=4GB",
        "autovacuum=off",
        LINE_PREFIX,
    ];
    let command = POSTGRES.server(&folder.join("data"), port, &settings, END);
    command.expect("PostgreSQL is installed")
}

/// A PostgreSQL server that one test has for itself, to break it. Most tests want a
/// [`TestDatabase`](crate::TestDatabase) instead.
#[derive(Debug)]
pub struct PostgresServer {
    access: Access,
    settings: Vec<String>,
    process: Option<Guarded>,
    watch: LogWatch,
    folder: TempDir,
}

impl PostgresServer {
    /// Starts an empty server.
    pub fn start() -> Self {
        Self::start_in(&std::env::temp_dir(), &[])
    }

    /// Starts an empty server whose data are in `parent`, with settings such as `["fsync=on"]` that win over those of
    /// tests.
    pub fn start_in(parent: &Path, settings: &[&str]) -> Self {
        let folder = TempDir::with_prefix_in("wildside-postgres-", parent)
            .expect("a temporary folder can be made");
        give_to_postgres(folder.path());
        let access = Access::new();
        create_cluster(folder.path(), &access.password);
        let mut server = Self {
            access,
            settings: settings.iter().map(ToString::to_string).collect(),
            process: None,
            watch: LogWatch::start(folder.path().join("log"), ""),
            folder,
        };
        for _ in 0..START_TRIES {
            if server.serve() {
                return server;
            }
            server.access.port = free_port();
        }
        panic!("PostgreSQL does not start: {}", server.log());
    }

    /// Starts an empty server with this certificate, which lets in by the lines of `rules` (`pg_hba.conf`) and asks for
    /// certificates of clients that `authority` has signed.
    pub fn start_with_tls(
        certificate: &Certificate,
        authority: &Authority,
        rules: &str,
    ) -> (Self, TempDir) {
        let files = TempDir::with_prefix("wildside-tls-").expect("a temporary folder can be made");
        let folder = files.path();
        give_to_postgres(folder);
        certificate.give_to_postgres(folder);
        for (name, content) in [
            (
                "ca.crt",
                std::fs::read_to_string(authority.file()).unwrap_or_default(),
            ),
            ("rules", rules.to_owned()),
        ] {
            std::fs::write(folder.join(name), content).expect("a file can be written");
            give_to_postgres(&folder.join(name));
        }
        let at = |name: &str| folder.join(name).display().to_string();
        let settings = [
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", at("server.crt")),
            format!("ssl_key_file={}", at("server.key")),
            format!("ssl_ca_file={}", at("ca.crt")),
            format!("hba_file={}", at("rules")),
        ];
        let settings = settings.each_ref().map(String::as_str);
        (Self::start_in(&std::env::temp_dir(), &settings), files)
    }

    /// Starts again with another certificate; `files` is the folder that the server was given.
    pub fn present(&mut self, certificate: &Certificate, files: &TempDir) {
        certificate.give_to_postgres(files.path());
        self.restart();
    }

    /// Starts a standby that follows this server.
    #[must_use]
    pub fn start_standby(&self) -> Self {
        let folder =
            TempDir::with_prefix("wildside-standby-").expect("a temporary folder can be made");
        give_to_postgres(folder.path());
        let access = Access {
            port: free_port(),
            password: self.access.password.clone(),
        };
        let mut backup = postgres_client("pg_basebackup");
        backup.args(["-R", "-X", "stream", "-c", "fast", "-d"]);
        backup
            .arg(self.url("postgres"))
            .arg("-D")
            .arg(folder.path().join("data"));
        run(&mut POSTGRES.runs(&backup));
        let mut server = Self {
            access,
            settings: Vec::new(),
            process: None,
            watch: LogWatch::start(folder.path().join("log"), ""),
            folder,
        };
        for _ in 0..START_TRIES {
            if server.serve() {
                return server;
            }
            server.access.port = free_port();
        }
        panic!("the standby does not start: {}", server.log());
    }

    /// Waits until this standby has all that `primary` has written so far.
    pub fn follow_to_the_end(&self, primary: &Self) {
        let end = primary.sql("postgres", "SELECT pg_current_wal_lsn()");
        let there = format!("SELECT pg_last_wal_replay_lsn() >= '{end}'");
        let start = Instant::now();
        while self.sql("postgres", &there) != "t" {
            assert!(start.elapsed() < START_LIMIT, "the standby is late");
            sleep(Duration::from_millis(20));
        }
    }

    /// URL of a database in this server; `postgres` is always there.
    pub fn url(&self, database: &str) -> String {
        self.access.url(database)
    }

    /// The port it listens on, on loopback.
    pub fn port(&self) -> u16 {
        self.access.port
    }

    /// Creates an empty database and returns its URL.
    pub fn create_database(&self, database: &str) -> String {
        self.access
            .sql("postgres", &format!("CREATE DATABASE {database}"));
        self.url(database)
    }

    /// Creates a database, migrated as the shipped migrations say, and returns its URL.
    pub fn create_migrated(&self, database: &str) -> String {
        let url = self.create_database(database);
        crate::database::migrate(&url);
        url
    }

    /// Runs one SQL text and returns its rows, a line each, columns separated by `|`.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.access.sql(database, sql)
    }

    /// Starts again, with messages in a language such as `de_DE`; false where its locale or its messages are not installed.
    pub fn speak(&mut self, language: &str) -> bool {
        let name = format!("{language}.UTF-8");
        let folder = self.locales();
        std::fs::create_dir_all(&folder).expect("the folder of the locales can be made");
        let made = Command::new("localedef")
            .args(["-i", language, "-f", "UTF-8"])
            .arg(folder.join(&name))
            .output();
        let messages = format!("/usr/share/locale/{}/LC_MESSAGES", &language[..2]);
        let translated = std::fs::read_dir(messages).is_ok_and(|files| {
            files
                .flatten()
                .any(|file| file.file_name().to_string_lossy().starts_with("postgres-"))
        });
        if !translated || !made.is_ok_and(|output| output.status.success()) {
            return false;
        }
        self.settings.push(format!("lc_messages={name}"));
        self.restart();
        true
    }

    /// Locales of its own, beside those that are built in.
    fn locales(&self) -> PathBuf {
        self.folder.path().join("locales")
    }

    /// Takes errors of this SQLSTATE in its log for provoked by the test; of any other the test fails in the end.
    pub fn expect_error(&self, sqlstate: &str) {
        self.watch.expect(sqlstate);
    }

    /// Stops answering, connections stay open.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends as after a power cut.
    pub fn kill(&mut self) {
        // SIGQUIT also ends the backends at once; after SIGKILL they would hold the shared memory for a while.
        self.signal(Signal::QUIT);
        let start = Instant::now();
        while self.process.as_ref().is_some_and(Guarded::is_running)
            && start.elapsed() < START_LIMIT
        {
            sleep(Duration::from_millis(5));
        }
        self.process = None;
    }

    /// Starts again on the same port with the same data; kills it before if it is running.
    pub fn restart(&mut self) {
        self.kill();
        assert!(
            self.serve(),
            "PostgreSQL does not start again: {}",
            self.log()
        );
    }

    fn serve(&mut self) -> bool {
        let mut command = server_command(self.folder.path(), self.access.port);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        if self.locales().exists() {
            let mut program = Command::new("env");
            program.arg(format!("LOCPATH={}", self.locales().display()));
            command = with_arguments_of(program, &command);
        }
        let process = guarded::start(command, &self.log_file());
        let ready = self.access.wait_until_ready(|| process.is_running());
        self.process = ready.then_some(process);
        ready
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }
}

/// A program that is given another one, with its arguments, to run.
fn with_arguments_of(mut program: Command, other: &Command) -> Command {
    program.arg(other.get_program()).args(other.get_args());
    program
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.resume();
        self.kill();
        self.watch.check();
    }
}
