//! Redis.

use std::fmt;

use super::Reader;

/// * `REDIS_URL`: `redis://[user:password@]host:port[/database]` or `unix:///path` (required)
#[derive(Clone)]
pub struct RedisConfig {
    pub url: String,
}

impl RedisConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.required("REDIS_URL");
        let schemes = ["redis://", "rediss://", "unix://", "redis+unix://"];
        if !url.is_empty() && !schemes.iter().any(|scheme| url.starts_with(scheme)) {
            reader.fault("REDIS_URL", "does not begin with redis:// or unix://");
        }
        Self { url }
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig").finish_non_exhaustive()
    }
}
