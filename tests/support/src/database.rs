use std::collections::hash_map::DefaultHasher;
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::id;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::postgres::Access;
use crate::programs::run;
use crate::server_log::LogWatch;
use crate::shared::SHARED;

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");

/// As Diesel makes it, so that it finds nothing left to do.
const LEDGER: &str = "CREATE TABLE __diesel_schema_migrations (
    version VARCHAR(50) PRIMARY KEY NOT NULL,
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);\n";

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
    let script = migration_script();
    let mut hasher = DefaultHasher::new();
    script.hash(&mut hasher);
    let name = format!("migrated_{:016x}", hasher.finish());
    SHARED.once(&name, || {
        SHARED
            .access
            .sql("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
        SHARED
            .access
            .sql("postgres", &format!("CREATE DATABASE {name}"));
        migrate(&SHARED.access, &name);
    });
    name
});

/// Applies every migration in order and records each as Diesel does.
pub(crate) fn migrate(access: &Access, database: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let script = folder.path().join("migrate.sql");
    std::fs::write(&script, migration_script()).expect("the script can be written");
    run(access.psql(database).arg("-f").arg(script));
}

fn migration_script() -> String {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(MIGRATIONS)
        .expect("the workspace has migrations")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("up.sql").exists())
        .collect();
    folders.sort();
    let mut script = LEDGER.to_owned();
    for folder in folders {
        let sql = std::fs::read_to_string(folder.join("up.sql")).expect("up.sql can be read");
        let version = version(&folder);
        let record =
            format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');");
        let _ = if runs_in_transaction(&folder) {
            writeln!(script, "BEGIN;\n{sql}\n{record}\nCOMMIT;")
        } else {
            writeln!(script, "{sql}\n{record}")
        };
    }
    script
}

/// Diesel's version of a migration: its folder's name up to the first underscore, without dashes.
fn version(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name.split('_').next().unwrap_or_default().replace('-', "")
}

fn runs_in_transaction(folder: &Path) -> bool {
    let settings = std::fs::read_to_string(folder.join("metadata.toml")).unwrap_or_default();
    !settings
        .replace(' ', "")
        .contains("run_in_transaction=false")
}
