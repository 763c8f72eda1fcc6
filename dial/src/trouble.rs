//! Causes for which no session with `PostgreSQL` can be had, and their remedies.

use std::error::Error as _;
use std::io;

use crate::tls_trouble::TlsTrouble;

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
    /// The user may not come in from here, or not in this way.
    Access,
    /// The server has no TLS.
    NoTls,
    /// A handshake of TLS failed.
    Tls,
    /// Nobody who is trusted has signed the server's certificate.
    Authority,
    /// The server's certificate is for another host.
    Name,
    /// The server's certificate has ended, or has not begun.
    Expired,
    /// The server wants a certificate of the client, or another one.
    ClientCertificate,
    /// A certificate or key that the URL names can't be read.
    File,
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
                "let the user in by pg_hba.conf, and: ALTER ROLE … LOGIN; where it has `hostssl` alone, add sslmode=require"
            }
            Self::NoTls => {
                "turn TLS on in PostgreSQL (ssl = on) or the pooler, or ask for less by sslmode=prefer"
            }
            Self::Tls => "look whether it is PostgreSQL that listens there, and at its log",
            Self::Authority => {
                "name the file with the authority's certificate: sslrootcert=/path/ca.crt"
            }
            Self::Name => {
                "use a host name that is in the certificate, or make one for it, or sslmode=verify-ca"
            }
            Self::Expired => "renew the server's certificate, or set the clock",
            Self::ClientCertificate => {
                "add a certificate that the server takes: sslcert=/path/client.crt&sslkey=/path/client.key"
            }
            Self::File => "put the file where the URL names it, readable by this user alone",
            Self::Database => "createdb, or set DATABASE_URL to a database that is there",
            Self::Full => "raise max_connections of PostgreSQL, or lower DATABASE_POOL_SIZE",
            Self::Starting => "wait until PostgreSQL has started",
            Self::Role => "set DATABASE_URL to the server that takes writes",
            Self::Pooler => {
                "add pool_mode=transaction to DATABASE_URL, or set pool_mode = session in the pooler; for migrations and loads \
                 let DATABASE_URL lead past it"
            }
            Self::Other => "look at the log of PostgreSQL",
        }
    }

    /// Test for a cause that time will not mend.
    pub const fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::Url
                | Self::Password
                | Self::Access
                | Self::Database
                | Self::Pooler
                | Self::NoTls
                | Self::Authority
                | Self::Name
                | Self::ClientCertificate
                | Self::File
        )
    }

    /// Cause that the server means by a code.
    pub fn of_code(code: &str) -> Self {
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
        if let Some(trouble) = TlsTrouble::of(error) {
            return trouble.into();
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Self::Port,
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Self::Silence,
            _ => Self::Other,
        }
    }
}

impl Trouble {
    /// Test for a refusal that TLS may be the reason of.
    pub(crate) const fn may_be_of_tls(self) -> bool {
        matches!(
            self,
            Self::Access
                | Self::Tls
                | Self::Authority
                | Self::Name
                | Self::Expired
                | Self::ClientCertificate
        )
    }
}

impl From<TlsTrouble> for Trouble {
    fn from(trouble: TlsTrouble) -> Self {
        match trouble {
            TlsTrouble::Handshake => Self::Tls,
            TlsTrouble::Authority => Self::Authority,
            TlsTrouble::Name => Self::Name,
            TlsTrouble::Expired => Self::Expired,
            TlsTrouble::Client => Self::ClientCertificate,
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
    /// An error with a cause in words.
    pub fn new(trouble: Trouble, cause: String) -> Self {
        Self { trouble, cause }
    }

    /// A session that was there and is no longer.
    pub fn ended() -> Self {
        Self::new(Trouble::Other, "the session has ended".to_owned())
    }

    /// A URL that can't be read, and which part of it.
    pub(crate) fn of_url(error: &tokio_postgres::Error) -> Self {
        let part = error.source().map(|part| format!(": {part}"));
        Self::new(Trouble::Url, format!("{error}{}", part.unwrap_or_default()))
    }

    /// A handshake that came to nothing.
    pub(crate) fn of_handshake(error: io::Error) -> Self {
        let cause = format!("TLS: {error}");
        let trouble = TlsTrouble::of(&error).unwrap_or(TlsTrouble::Handshake);
        Self::new(trouble.into(), cause)
    }

    /// Test for a refusal that a certificate of the client may mend. In every language the server names the file whose rules
    /// refuse somebody.
    pub(crate) fn may_be_for_want_of_a_certificate(&self) -> bool {
        match self.trouble {
            Trouble::Tls => true,
            Trouble::Access => !self.cause.contains("pg_hba.conf"),
            _ => false,
        }
    }

    /// The same cause, of another kind.
    pub(crate) fn with_trouble(self, trouble: Trouble) -> Self {
        Self { trouble, ..self }
    }

    /// In one line, with what mends it.
    pub fn with_remedy(&self) -> String {
        format!("{self}; mend it with: {}", self.trouble.remedy())
    }

    /// Error with the place where it happened.
    pub(crate) fn at(self, place: &str) -> Self {
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
