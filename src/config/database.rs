//! PostgreSQL.

use std::fmt;

use wildside_dial::{Secret, Target};

use super::Reader;

/// * `DATABASE_URL`: `postgres://user:password@host:port/database` (required); several hosts are separated by commas;
///   `sslmode`, `sslrootcert`, `sslcert` and `sslkey` as in `libpq`; or `DATABASE_URL_FILE`: the file that holds it, read anew for
///   each connection
/// * `DATABASE_POOL_SIZE`: connections of a server for requests, and of a worker for walks; each holds up to five beside them
///   (default: two for each processor, from 4 to 10)
#[derive(Clone)]
pub struct DatabaseConfig {
    pub url: Secret,
    pub pool_size: u32,
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.required_secret("DATABASE_URL", check),
            pool_size: reader.within("DATABASE_POOL_SIZE", 1..=500, default_pool_size()),
        }
    }
}

/// Check of a URL: the fault, without the password.
fn check(url: &str) -> Result<(), String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("does not begin with postgres://".to_owned());
    }
    let read = Target::parse(url);
    read.map(drop).map_err(|error| error.to_string())
}

/// The sessions of a database share its processors and their caches: with ten on two processors, each statement takes
/// it a quarter more time than with four.
fn default_pool_size() -> u32 {
    (super::processors() as u32).saturating_mul(2).clamp(4, 10)
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}
