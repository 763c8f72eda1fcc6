//! Causes for which Redis does not do what the queue needs, and their remedies.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError};
use wildside_dial::TlsTrouble;

/// Trouble with Redis, as far as something can be done about it. Each has its own sentence, which tells no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens there.
    Away,
    /// Somebody may listen, and does not answer in time.
    Silent,
    /// The password or the user is wrong.
    Login,
    /// The user may not run what is needed.
    Forbidden,
    /// It is a replica.
    Replica,
    /// Too few of its replicas are there.
    Alone,
    /// Its memory is full.
    Full,
    /// It can't save, and so takes no writes.
    Unsaved,
    /// It has only some of the keys.
    Cluster,
    /// It reads its data.
    Loading,
    /// It runs a script of somebody else's that does not end.
    Occupied,
    /// TLS with it failed.
    Tls(TlsTrouble),
    /// A file that is needed for it can't be used.
    File,
    /// Something else lies where the queue should be.
    Foreign,
    /// Anything else.
    Other,
}

/// Trouble with TLS, if an error is of that.
fn tls(error: &RedisError) -> Option<TlsTrouble> {
    let shared: &Arc<dyn Error + Send + Sync> = error.source()?.downcast_ref()?;
    TlsTrouble::of(shared.downcast_ref::<io::Error>()?)
}

impl Trouble {
    /// Meaning of an error.
    pub fn of(error: &RedisError) -> Self {
        match error.kind() {
            ErrorKind::AuthenticationFailed => Self::Login,
            ErrorKind::InvalidClientConfig => Self::File,
            ErrorKind::Io if error.is_timeout() => Self::Silent,
            ErrorKind::Io => tls(error).map_or(Self::Away, Self::Tls),
            _ => Self::of_code(error.code().unwrap_or_default()),
        }
    }

    fn of_code(code: &str) -> Self {
        match code {
            "NOAUTH" | "WRONGPASS" => Self::Login,
            "NOPERM" => Self::Forbidden,
            "READONLY" | "MASTERDOWN" => Self::Replica,
            "NOREPLICAS" => Self::Alone,
            "OOM" => Self::Full,
            "MISCONF" => Self::Unsaved,
            "CROSSSLOT" | "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" => Self::Cluster,
            "LOADING" => Self::Loading,
            "BUSY" => Self::Occupied,
            "WRONGTYPE" => Self::Foreign,
            _ => Self::Other,
        }
    }

    /// A stable machine code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Away => "redis_away",
            Self::Silent => "redis_silent",
            Self::Login => "redis_login",
            Self::Forbidden => "redis_forbidden",
            Self::Replica => "redis_replica",
            Self::Alone => "redis_alone",
            Self::Full => "redis_full",
            Self::Unsaved => "redis_unsaved",
            Self::Cluster => "redis_cluster",
            Self::Loading => "redis_loading",
            Self::Occupied => "redis_occupied",
            Self::Tls(_) | Self::File => "redis_tls",
            Self::Foreign => "redis_foreign",
            Self::Other => "redis_refuses",
        }
    }

    /// Sentence that names the trouble.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Away => "no connection",
            Self::Silent => "no answer in time",
            Self::Login => "the password or the user is wrong",
            Self::Forbidden => "the user may not run the scripts of the queue over its keys",
            Self::Replica => "it is a replica and takes no writes",
            Self::Alone => "too few of its replicas are there, and so it takes no writes",
            Self::Full => "its memory is full",
            Self::Unsaved => "it can't save its data, and so takes no writes",
            Self::Cluster => "it is one of several shards, and has not all keys of the queue",
            Self::Loading => "it is reading its data",
            Self::Occupied => "it is busy with a script that does not end",
            Self::Tls(trouble) => trouble.sentence(),
            Self::File => "a file of a certificate or password can't be used",
            Self::Foreign => "something else lies under the keys of the queue",
            Self::Other => "it refuses what the queue needs",
        }
    }

    /// Remedy.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Away => {
                "start Redis, or set REDIS_URL to where it listens: rediss:// for a port with TLS"
            }
            Self::Silent => {
                "look for a firewall, a stopped server, or one that wants TLS or has none (rediss:// or redis://) at this address"
            }
            Self::Login => "set REDIS_URL=redis://user:password@host:port",
            Self::Forbidden => {
                "redis-cli ACL SETUSER the-user '~wildside:*' '&wildside:*' +@all -@dangerous"
            }
            Self::Replica => {
                "let REDIS_URL lead to the primary, or on this server: redis-cli REPLICAOF NO ONE"
            }
            Self::Alone => "start its replicas, or: redis-cli CONFIG SET min-replicas-to-write 0",
            Self::Full => {
                "redis-cli CONFIG SET maxmemory to more, or give the queue a Redis of its own"
            }
            Self::Unsaved => {
                "free its disk, or: redis-cli CONFIG SET stop-writes-on-bgsave-error no"
            }
            Self::Cluster => {
                "use a Redis of one shard, and let REDIS_URL lead to the node that has all slots"
            }
            Self::Loading => "wait until Redis has read its data",
            Self::Occupied => "redis-cli SCRIPT KILL",
            Self::Tls(TlsTrouble::Handshake) => {
                "use rediss:// for a port with TLS and redis:// for one without; look at the log of Redis"
            }
            Self::Tls(TlsTrouble::Authority) => {
                "set REDIS_CA_FILE to the file with the authority's certificate"
            }
            Self::Tls(TlsTrouble::Name) => {
                "let REDIS_URL name the host as the certificate does, or make a certificate for it"
            }
            Self::Tls(TlsTrouble::Expired) => "renew the server's certificate, or set the clock",
            Self::Tls(TlsTrouble::Client) => {
                "set REDIS_CERT_FILE and REDIS_KEY_FILE to a certificate that Redis takes, or: tls-auth-clients no"
            }
            Self::File => "put the file where its variable names it, readable by this user alone",
            Self::Foreign => "give the service a Redis, or a database of it, of its own",
            Self::Other => "look at the log of Redis; version 7 or newer is needed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_decides() {
        for (code, trouble) in [
            ("READONLY", Trouble::Replica),
            ("OOM", Trouble::Full),
            ("CROSSSLOT", Trouble::Cluster),
            ("NOPERM", Trouble::Forbidden),
            ("ERR", Trouble::Other),
            ("UNHEARD", Trouble::Other),
        ] {
            assert_eq!(Trouble::of_code(code), trouble, "{code}");
        }
    }
}
