use std::process::id;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use tokio::runtime::Builder;

use crate::server_log::LogWatch;
use crate::shared::SHARED;

/// A database that one test has for itself, removed when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    watch: LogWatch,
}

impl TestDatabase {
    /// A database with every migration applied: a clone of the template, 0.1 s.
    pub fn create() -> Self {
        Self::clone_of(&TEMPLATE)
    }

    /// A database with nothing in it, for the tests of the migrations themselves.
    pub fn empty() -> Self {
        Self::clone_of("template1")
    }

    fn clone_of(template: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("test_{}_{}", id(), COUNT.fetch_add(1, Ordering::Relaxed));
        SHARED.access.sql(
            "postgres",
            // A process of an earlier run may have had the same id and been killed.
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        );
        SHARED.access.sql(
            "postgres",
            &format!("CREATE DATABASE {name} TEMPLATE {template}"),
        );
        let watch = LogWatch::start(SHARED.log_file(), &name);
        Self { name, watch }
    }

    /// URL of the database, user and password included.
    pub fn url(&self) -> String {
        SHARED.access.url(&self.name)
    }

    /// Takes errors of this SQLSTATE in the server's log for provoked by the test; of any other the test fails in the
    /// end.
    pub fn expect_error(&self, sqlstate: &str) {
        self.watch.expect(sqlstate);
    }

    /// Runs one SQL text and returns its rows, a line each, columns separated by `|`.
    pub fn sql(&self, sql: &str) -> String {
        SHARED.access.sql(&self.name, sql)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // The server may have gone already, and a panic while dropping would hide the failure of the test.
        let _ = SHARED.access.psql("postgres").args(["-c", &sql]).output();
        self.watch.check();
    }
}

/// Name of the migrated template; it changes with the migrations.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let name = format!("migrated_{:016x}", wildside_migrations::fingerprint());
    SHARED.once(&name, || {
        SHARED
            .access
            .sql("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
        SHARED
            .access
            .sql("postgres", &format!("CREATE DATABASE {name}"));
        migrate(&SHARED.access.url(&name));
    });
    name
});

/// Applies every migration, on a runtime and a thread of its own: the caller may be on a runtime itself.
pub(crate) fn migrate(url: &str) {
    let url = url.to_owned();
    let migrating = thread::spawn(move || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        runtime.block_on(async {
            let connection = AsyncPgConnection::establish(&url).await;
            let connection = connection.expect("the server lets the tests in");
            let applied = wildside_migrations::apply(Box::new(connection)).await;
            applied.expect("the migrations apply");
        });
    });
    migrating.join().expect("the migrations apply");
}
