//! Stage that the processes of a row share: a PostgreSQL, a Redis, a city, the session key, the logs.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::{NamedTempFile, TempDir};
use tokio_postgres::NoTls;
use wildside_test_support::{CITY, PostgresServer, TestRedis, free_port};

use crate::stage::process::{Launch, Process, set};

const DATABASE: &str = "fleet";

/// The servers of one row, and what starts processes on them.
pub struct Fleet {
    pub postgres: PostgresServer,
    pub redis: TestRedis,
    session_keys: NamedTempFile,
    logs: Option<TempDir>,
    count: AtomicUsize,
}

impl Fleet {
    /// A PostgreSQL with a city in it, and an empty Redis.
    pub fn start() -> Self {
        let postgres = PostgresServer::start();
        postgres.create_migrated(DATABASE);
        // Test servers forget the last commits when they are killed; this one may not.
        postgres.sql(
            "postgres",
            "ALTER DATABASE fleet SET synchronous_commit = on",
        );
        postgres.sql(DATABASE, CITY);
        let mut session_keys = NamedTempFile::new().unwrap();
        writeln!(session_keys, "{}", "k".repeat(64)).unwrap();
        Self {
            postgres,
            redis: TestRedis::start(),
            session_keys,
            logs: Some(TempDir::with_prefix("wildside-faults-").unwrap()),
            count: AtomicUsize::new(0),
        }
    }

    /// Runs one SQL text and returns its rows, a line each, columns separated by `|`.
    pub fn sql(&self, sql: &str) -> String {
        self.postgres.sql(DATABASE, sql).trim().to_owned()
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// A connection of one's own to the database.
    pub async fn postgres_client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.database_url(), NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    /// The database's URL, through another port, such as that of a proxy.
    pub fn database_url_at(&self, port: u16) -> String {
        let own = format!(":{}/", self.postgres.port());
        self.postgres
            .url(DATABASE)
            .replace(&own, &format!(":{port}/"))
    }

    /// Words of `wildside doctor`.
    pub fn doctor(&self) -> String {
        let launch = self.server_launch(&[]);
        let told = Command::new(launch.program)
            .args(["doctor", "--json"])
            .env_clear()
            .envs(launch.variables)
            .output()
            .unwrap();
        String::from_utf8(told.stdout).unwrap()
    }

    /// A server that is ready.
    pub async fn server(&self, more: &[(&str, &str)]) -> Process {
        let server = Process::start(self.server_launch(more));
        server.is_ready().await;
        server
    }

    /// So many servers that are ready.
    pub async fn servers(&self, count: usize) -> Vec<Process> {
        let mut servers = Vec::new();
        for _ in 0..count {
            servers.push(self.server(&[]).await);
        }
        servers
    }

    /// A worker that is ready.
    pub async fn worker(&self, more: &[(&str, &str)]) -> Process {
        let worker = Process::start(self.worker_launch(more));
        worker.is_ready().await;
        worker
    }

    /// A worker that is ready, with an engine that behaves as [`crate::stage::worker`] says, such as `"500 panic"`.
    pub async fn worker_with_engine(&self, behaviour: &str, more: &[(&str, &str)]) -> Process {
        let mut launch = self.worker_launch(more);
        launch.program = std::env::current_exe().unwrap();
        let words = ["worker"].into_iter().chain(behaviour.split(' '));
        launch.arguments = words.map(str::to_owned).collect();
        let worker = Process::start(launch);
        worker.is_ready().await;
        worker
    }

    /// Command of a server.
    pub fn server_launch(&self, more: &[(&str, &str)]) -> Launch {
        let port = free_port();
        let variables = [
            ("WILDSIDE_BIND", format!("127.0.0.1:{port}")),
            ("WILDSIDE_HTTP_THREADS", "2".to_owned()),
            ("WILDSIDE_REQUESTS_PER_SECOND", "0".to_owned()),
            ("WILDSIDE_ROUTE_REQUESTS_PER_MINUTE", "0".to_owned()),
            ("WILDSIDE_SIGNUPS_PER_ADDRESS", "0".to_owned()),
            ("WILDSIDE_CONNECTIONS_PER_ADDRESS", "0".to_owned()),
            ("SESSION_COOKIE_SECURE", "0".to_owned()),
            (
                "SESSION_KEY_FILE",
                self.session_keys.path().display().to_string(),
            ),
        ];
        self.launch("server", port, &variables, more)
    }

    /// Command of a worker.
    pub fn worker_launch(&self, more: &[(&str, &str)]) -> Launch {
        let port = free_port();
        let variables = [
            ("WILDSIDE_METRICS_BIND", format!("127.0.0.1:{port}")),
            ("WILDSIDE_JOB_CONCURRENCY", "4".to_owned()),
            ("WILDSIDE_ENGINE_THREADS", "4".to_owned()),
        ];
        self.launch("worker", port, &variables, more)
    }

    fn launch(
        &self,
        role: &str,
        port: u16,
        own: &[(&str, String)],
        more: &[(&str, &str)],
    ) -> Launch {
        let name = format!("{role}-{}", self.count.fetch_add(1, Ordering::Relaxed));
        let mut variables = vec![
            ("DATABASE_URL".to_owned(), self.database_url()),
            ("REDIS_URL".to_owned(), self.redis.url()),
        ];
        variables.extend(
            own.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        set(&mut variables, more);
        Launch {
            log: self.logs.as_ref().unwrap().path().join(&name),
            name,
            program: PathBuf::from(env!("CARGO_BIN_EXE_wildside")),
            arguments: vec!["--mode".to_owned(), role.to_owned()],
            variables,
            port,
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = self.logs.take().unwrap().keep();
            println!("the logs are in {}", logs.display());
        }
    }
}
