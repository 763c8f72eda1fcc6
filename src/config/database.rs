//! PostgreSQL.

use std::fmt;

use super::Reader;

/// * `DATABASE_URL`: `postgres://user:password@host:port/database` (required)
/// * `DATABASE_POOL_SIZE`: connections a process holds at most (default: two for each processor, from 4 to 10)
#[derive(Clone)]
pub struct DatabaseConfig {
    pub url: String,
    pub pool_size: u32,
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.required("DATABASE_URL");
        if !url.is_empty() && !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            reader.fault("DATABASE_URL", "does not begin with postgres://");
        }
        Self {
            url,
            pool_size: reader.within("DATABASE_POOL_SIZE", 1..=500, default_pool_size()),
        }
    }
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
