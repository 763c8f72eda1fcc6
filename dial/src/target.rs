//! Targets: what a `PostgreSQL` URL says, hosts, user and TLS.

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;

use crate::role::Role;
use crate::secret::Secret;
use crate::secret_file::SecretFileError;
use crate::tls::{Mode, Parameters, Tls};
use crate::trouble::{ConnectError, Trouble};

const NAME: &str = "wildside";

/// Hosts of a database, who asks there, and how the way is protected.
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) config: Config,
    pub(crate) tls: Tls,
    pub(crate) role: Role,
    /// A pooler lends sessions for single transactions.
    pub(crate) is_lent: bool,
}

impl Target {
    /// Reads the URL that is the secret now.
    ///
    /// # Errors
    /// Its file can't be read, or the part of the URL that is wrong.
    pub async fn load(url: &Secret) -> Result<Self, ConnectError> {
        let url = url.load().await;
        let unreadable =
            |error: SecretFileError| ConnectError::new(Trouble::File, error.to_string());
        Self::parse(&url.map_err(unreadable)?)
    }

    /// Test for a URL that says that a pooler lends sessions for single transactions.
    pub const fn is_lent(&self) -> bool {
        self.is_lent
    }

    /// Reads a URL such as `postgres://user:password@host:port/database?sslmode=verify-full`.
    ///
    /// # Errors
    /// The part that is wrong, without the password.
    pub fn parse(url: &str) -> Result<Self, ConnectError> {
        let fault = |why: String| ConnectError::new(Trouble::Url, why);
        let (url, mut parameters) = take_own(url);
        let is_lent = is_lent(&mut parameters).map_err(fault)?;
        let role = parameters.remove("target_session_attrs");
        let role = Role::of(role.as_deref()).map_err(fault)?;
        let mut config: Config = url.parse().map_err(|error| ConnectError::of_url(&error))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(fault("names no host".to_owned()));
        }
        if config.get_application_name().is_none() {
            config.application_name(NAME);
        }
        let tls = match config.get_ssl_mode() {
            // Of words beside a URL, which the client reads by itself.
            SslMode::Disable => Tls::without(Mode::Disable),
            SslMode::Require => Tls::without(Mode::Require),
            _ => Tls::of(&parameters).map_err(fault)?,
        };
        Ok(Self {
            config,
            tls,
            role,
            is_lent,
        })
    }
}

/// Test for a pooler, which is told as it calls this itself, or as other clients have it.
fn is_lent(parameters: &mut Parameters) -> Result<bool, String> {
    let word = parameters.remove("pool_mode");
    let has_pgbouncer = parameters.remove("pgbouncer").as_deref() == Some("true");
    match word.as_deref() {
        None => Ok(has_pgbouncer),
        Some("session") => Ok(false),
        Some("transaction") => Ok(true),
        Some(word) => Err(format!(
            "pool_mode={word} is none of session and transaction"
        )),
    }
}

/// A URL without the parameters that the client does not know, and these.
fn take_own(url: &str) -> (String, Parameters) {
    let mut taken = Parameters::default();
    let Some((base, query)) = split_query(url) else {
        return (url.to_owned(), taken);
    };
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        if !taken.take(&decode(name), decode(value)) {
            // The client looks for the end of the password in all of the URL.
            kept.push(pair.replace('@', "%40"));
        }
    }
    (format!("{base}?{}", kept.join("&")), taken)
}

/// Splits a URL before its parameters. A question mark in the password does not begin them.
fn split_query(url: &str) -> Option<(&str, &str)> {
    let start = url.find("://")? + 3;
    let authority = url[start..].split('/').next().unwrap_or_default();
    let start = start + authority.rfind('@').unwrap_or_default();
    let mark = start + url[start..].find('?')?;
    Some((&url[..mark], &url[mark + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        Target::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn a_url_is_refused_with_the_part_that_is_wrong() {
        for (rest, part) in [
            ("/d?sslmode=sometimes", "sslmode=sometimes is none of"),
            ("/d?sslmode=verify-ca", "sslrootcert=FILE"),
            ("/d?sslmode=require&sslrootcert=system", "use verify-full"),
            ("/d?sslcert=/c", "sslcert needs sslkey"),
            ("/d?sslkey=/c", "sslkey needs sslcert"),
            ("/d?sslpassword=hunter2", "sslpassword is not supported"),
            ("/d?sslcrl=/c", "sslcrl is not supported"),
            ("/d?sslnegotiation=direct", "sslnegotiation=direct needs"),
            ("/d?sslnegotiation=soon", "sslnegotiation=soon is none of"),
            ("/d?ssl_min_protocol_version=TLSv1", "is none of"),
            ("/d?gssencmode=require", "gssencmode=require"),
            ("/d?channel_binding=maybe", "`channel_binding`"),
            ("/d?color=red", "`color`"),
            ("/d?target_session_attrs=leader", "leader is none of any"),
            ("/d?pool_mode=statement", "pool_mode=statement is none of"),
            ("/d?connect_timeout=soon", "`connect_timeout`"),
            (":port/d", "`port`"),
        ] {
            let why = refusal(&format!("postgres://u:hunter2@h{rest}"));
            assert!(why.contains(part) && !why.contains("hunter2"), "{why}");
        }
        assert_eq!(refusal("postgres:///d"), "names no host");
    }

    #[test]
    fn urls_as_operators_have_them_are_read() {
        for url in [
            "postgres://u:hunter2@h:1,i:2/d?target_session_attrs=read-write&sslmode=prefer",
            "postgresql:///d?host=/run/postgresql&user=u&sslmode=disable&channel_binding=prefer",
            "postgres://u:a%20b@[::1]/d?application_name=mine",
            "postgres://u@h/d?sslmode=require&channel_binding=require",
            "postgres://u@h/d?sslmode=verify-full&sslrootcert=system&sslsni=1&gssencmode=disable",
            "postgres://u@h/d?sslmode=verify-full&ssl_min_protocol_version=TLSv1.3",
            "postgres://h/d?user=u@b&sslmode=allow",
        ] {
            let read = Target::parse(url);
            assert!(read.is_ok(), "{url}: {read:?}");
        }
    }

    #[test]
    fn the_password_may_hold_anything() {
        for (url, user, password) in [
            (
                "postgres://r:p%40ss%3Aw%2Frd%231%3F%25%5Bx%5D@h/d",
                "r",
                "p@ss:w/rd#1?%[x]",
            ),
            (
                "postgres://r:a?sslmode=x@h/d?sslmode=require",
                "r",
                "a?sslmode=x",
            ),
            ("postgres://h/d?user=r@b&password=c@d", "r@b", "c@d"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.config.get_user(), Some(user));
            assert_eq!(target.config.get_password(), Some(password.as_bytes()));
        }
    }
}
