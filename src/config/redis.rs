//! Redis.

use std::fmt;

use redis::IntoConnectionInfo;

use super::Reader;

/// * `REDIS_URL`: `redis://[user:password@]host:port[/database]` or `unix:///path` (required)
#[derive(Clone)]
pub struct RedisConfig {
    pub url: String,
}

impl RedisConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.required("REDIS_URL");
        if !url.is_empty()
            && let Err(why) = check(&url)
        {
            reader.fault("REDIS_URL", why);
        }
        Self { url }
    }
}

/// Check of a URL: the fault, without the password.
fn check(url: &str) -> Result<(), String> {
    if url.starts_with("rediss://") {
        let why = "asks for TLS, which is not supported yet: use redis://, within a network that is yours";
        return Err(why.to_owned());
    }
    if !["redis://", "unix://", "redis+unix://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        return Err("does not begin with redis:// or unix://".to_owned());
    }
    let read = url.into_connection_info();
    read.map(drop)
        .map_err(|error| format!("is no address of a Redis: {error}"))
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig").finish_non_exhaustive()
    }
}
