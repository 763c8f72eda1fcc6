//! Causes for which no session with `PostgreSQL` can be had, and their remedies.

use std::error::Error as _;
use std::io;

use diesel::ConnectionError;
use diesel::result::Error;

use crate::db::connection::sqlstate;

/// Cause that keeps somebody out, as far as something can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// `DATABASE_URL` can't be read.
    Url,
    /// The host has no address.
    Host,
    /// Nobody listens there.
    Port,
    /// Somebody may listen, and does not answer.
    Silence,
    /// The password is wrong or missing.
    Password,
    /// The user may not come in from here, or not without TLS.
    Access,
    /// There is no such database.
    Database,
    /// The server has as many sessions as it takes.
    Full,
    /// It starts, stops or recovers.
    Starting,
    /// It is not the server that `target_session_attrs` asks for.
    Role,
    /// A pooler gives one session of the server to several of ours.
    Pooler,
    /// Anything else.
    Other,
}

impl Trouble {
    /// Remedy.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Url => "set DATABASE_URL=postgres://user:password@host:port/database",
            Self::Host => "set DATABASE_URL to the name or address of the host",
            Self::Port => "start PostgreSQL, or set DATABASE_URL to where it listens",
            Self::Silence => "look for a firewall or a stopped server at this address",
            Self::Password => {
                "set DATABASE_URL to the user's password, or: ALTER ROLE … PASSWORD …"
            }
            Self::Access => {
                "let the user in without TLS by pg_hba.conf (`host` or `hostnossl`), and: ALTER ROLE … LOGIN"
            }
            Self::Database => "createdb, or set DATABASE_URL to a database that is there",
            Self::Full => "raise max_connections of PostgreSQL, or lower DATABASE_POOL_SIZE",
            Self::Starting => "wait until PostgreSQL has started",
            Self::Role => "set DATABASE_URL to the server that takes writes",
            Self::Pooler => {
                "set pool_mode = session in the pooler, or let DATABASE_URL lead past it"
            }
            Self::Other => "look at the log of PostgreSQL",
        }
    }

    /// Test for a cause that time will not mend.
    pub const fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::Url | Self::Password | Self::Access | Self::Database | Self::Pooler
        )
    }

    /// Cause that the server means by a code.
    fn of_code(code: &str) -> Self {
        match code {
            "28P01" => Self::Password,
            "3D000" => Self::Database,
            "42501" => Self::Access,
            "53300" => Self::Full,
            code if code.starts_with("28") => Self::Access,
            "26000" | "42P05" => Self::Pooler,
            code if code.starts_with("57P") => Self::Starting,
            _ => Self::Other,
        }
    }

    fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Self::Port,
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Self::Silence,
            _ => Self::Other,
        }
    }
}

/// Failure to open a session. It tells where, and never with which password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct ConnectError {
    /// Its kind.
    pub trouble: Trouble,
    cause: String,
}

impl ConnectError {
    pub(super) fn new(trouble: Trouble, cause: String) -> Self {
        Self { trouble, cause }
    }

    /// A session that was there and is no longer.
    pub(super) fn ended() -> Self {
        Self::new(Trouble::Other, "the session has ended".to_owned())
    }

    /// A URL that can't be read, and which part of it.
    pub(super) fn of_url(error: &tokio_postgres::Error) -> Self {
        let part = error.source().map(|part| format!(": {part}"));
        Self::new(Trouble::Url, format!("{error}{}", part.unwrap_or_default()))
    }

    /// A session that could not be set up.
    pub(super) fn of_setup(error: &(dyn std::error::Error + 'static)) -> Self {
        let inner = match error.downcast_ref() {
            Some(ConnectionError::CouldntSetupConfiguration(inner)) => Some(inner),
            _ => error.downcast_ref::<Error>(),
        };
        let code = inner.and_then(sqlstate::code);
        let trouble = code.map_or(Trouble::Other, Trouble::of_code);
        Self::new(trouble, error.to_string())
    }

    /// In one line, with what mends it.
    pub fn with_remedy(&self) -> String {
        format!("{self}; mend it with: {}", self.trouble.remedy())
    }

    /// Error with the place where it happened.
    pub(super) fn at(self, place: &str) -> Self {
        let cause = format!("{place}: {}", self.cause);
        Self { cause, ..self }
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        Self::new(Trouble::of_io(&error), error.to_string())
    }
}

impl From<tokio_postgres::Error> for ConnectError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(told) = error.as_db_error() {
            return Self::new(
                Trouble::of_code(told.code().code()),
                told.message().to_owned(),
            );
        }
        let cause = error
            .source()
            .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        let io = error.source().and_then(|cause| cause.downcast_ref());
        // The client's own words, in one language: what the server asks for is not in the URL, or not known to us.
        let trouble = match error.to_string().as_str() {
            "invalid configuration" | "authentication error" => Trouble::Password,
            _ => io.map_or(Trouble::Other, Trouble::of_io),
        };
        Self::new(trouble, cause)
    }
}
