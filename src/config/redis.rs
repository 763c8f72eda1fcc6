//! Redis.

use std::fmt;
use std::path::PathBuf;

use redis::IntoConnectionInfo;
use wildside_dial::Secret;

use super::Reader;

/// * `REDIS_URL`: `redis://[user:password@]host:port[/database]`, `rediss://…` over TLS, or `unix:///path` (required); or
///   `REDIS_URL_FILE`: the file that holds it
/// * `REDIS_CACHE_URL`: another Redis for the cache of walks, which may evict; or `REDIS_CACHE_URL_FILE` (default: the same)
/// * `REDIS_CA_FILE`: certificates of the authorities that may have signed the server's (default: those of the system)
/// * `REDIS_CERT_FILE`, `REDIS_KEY_FILE`: certificate and key of this client (default: none)
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// Queue, locks, counters and pub/sub.
    pub queue: RedisServer,
    /// Cache of walks, if it is another one.
    pub cache: Option<RedisServer>,
}

/// A Redis, and how to come in.
#[derive(Clone)]
pub struct RedisServer {
    pub url: Secret,
    pub files: RedisFiles,
}

/// Files of certificates for `rediss://`.
#[derive(Debug, Clone, Default)]
pub struct RedisFiles {
    pub authorities: Option<PathBuf>,
    /// Certificate and key of the client.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl RedisConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.required_secret("REDIS_URL", check);
        let cache = reader.secret("REDIS_CACHE_URL", check);
        let files = RedisFiles::read(reader);
        Self {
            cache: cache.map(|url| RedisServer {
                url,
                files: files.clone(),
            }),
            queue: RedisServer { url, files },
        }
    }
}

impl RedisFiles {
    fn read(reader: &mut Reader<'_>) -> Self {
        let file = |name| reader.text(name).map(PathBuf::from);
        let authorities = file("REDIS_CA_FILE");
        let identity = match (file("REDIS_CERT_FILE"), file("REDIS_KEY_FILE")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (None, Some(_)) => {
                reader.fault("REDIS_CERT_FILE", "is not set, and REDIS_KEY_FILE is");
                None
            }
            (Some(_), None) => {
                reader.fault("REDIS_KEY_FILE", "is not set, and REDIS_CERT_FILE is");
                None
            }
        };
        Self {
            authorities,
            identity,
        }
    }
}

/// A Redis whose certificate, if it has one, the system trusts.
impl From<&str> for RedisServer {
    fn from(url: &str) -> Self {
        Self {
            url: url.into(),
            files: RedisFiles::default(),
        }
    }
}

impl From<&String> for RedisServer {
    fn from(url: &String) -> Self {
        url.as_str().into()
    }
}

impl From<&Self> for RedisServer {
    fn from(server: &Self) -> Self {
        server.clone()
    }
}

/// Check of a URL: the fault, without the password.
fn check(url: &str) -> Result<(), String> {
    if !["redis://", "rediss://", "unix://", "redis+unix://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        return Err("does not begin with redis://, rediss:// or unix://".to_owned());
    }
    if url.ends_with("#insecure") {
        return Err("#insecure trusts everybody: name the authority by REDIS_CA_FILE".to_owned());
    }
    let read = url.into_connection_info();
    read.map(drop)
        .map_err(|error| format!("is no address of a Redis: {error}"))
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisServer").finish_non_exhaustive()
    }
}
