//! PostgreSQL.

use std::error::Error;
use std::fmt;

use super::Reader;

/// * `DATABASE_URL`: `postgres://user:password@host:port/database` (required); several hosts are separated by commas
/// * `DATABASE_POOL_SIZE`: connections of a server for requests, and of a worker for walks; each holds up to five beside them
///   (default: two for each processor, from 4 to 10)
#[derive(Clone)]
pub struct DatabaseConfig {
    pub url: String,
    pub pool_size: u32,
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.required("DATABASE_URL");
        if !url.is_empty()
            && let Err(why) = check(&url)
        {
            reader.fault("DATABASE_URL", why);
        }
        Self {
            url,
            pool_size: reader.within("DATABASE_POOL_SIZE", 1..=500, default_pool_size()),
        }
    }
}

/// Check of a URL: the fault, without the password.
fn check(url: &str) -> Result<(), String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("does not begin with postgres://".to_owned());
    }
    let (_, parameters) = url.split_once('?').unwrap_or_default();
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        if !is_without_tls(&name, &value) {
            // Of other parameters the value may be a secret.
            let shown = match &*name {
                "sslmode" | "channel_binding" => format!("{name}={value}"),
                name => name.to_owned(),
            };
            return Err(format!(
                "{shown} asks for TLS, which is not supported yet: leave {name} out, and let the connection stay \
                 within a network that is yours"
            ));
        }
    }
    match url.parse::<tokio_postgres::Config>() {
        Ok(config) if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() => {
            Err("names no host".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => {
            let part = error.source().map(|part| format!(": {part}"));
            Err(format!("{error}{}", part.unwrap_or_default()))
        }
    }
}

/// Test that a parameter of a URL asks for no more than a connection in the clear.
fn is_without_tls(name: &str, value: &str) -> bool {
    match name {
        "sslmode" => matches!(value, "disable" | "allow" | "prefer"),
        "channel_binding" => value != "require",
        name => !name.starts_with("ssl"),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_url_is_refused_with_the_part_that_is_wrong() {
        for (rest, part) in [
            ("/d?sslmode=require", "sslmode=require asks for TLS"),
            (
                "/d?sslmode=verify-full&sslrootcert=/ca",
                "sslmode=verify-full asks for TLS",
            ),
            ("/d?sslrootcert=system", "sslrootcert asks for TLS"),
            ("/d?sslpassword=hunter2", "sslpassword asks for TLS"),
            ("/d?sslmode=allow", "`sslmode`"),
            (
                "/d?sslmode=prefer&sslnegotiation=direct",
                "sslnegotiation asks for TLS",
            ),
            (
                "/d?channel_binding=require",
                "channel_binding=require asks for TLS",
            ),
            ("/d?color=red", "`color`"),
            ("/d?connect_timeout=soon", "`connect_timeout`"),
            (":port/d", "`port`"),
        ] {
            let why = check(&format!("postgres://u:hunter2@h{rest}")).unwrap_err();
            assert!(why.contains(part) && !why.contains("hunter2"), "{why}");
        }
        for right in [
            "postgres://u:hunter2@h:1,i:2/d?target_session_attrs=read-write&sslmode=prefer",
            "postgresql:///d?host=/run/postgresql&user=u&sslmode=disable&channel_binding=prefer",
            "postgres://u:a%20b@[::1]/d?application_name=mine",
        ] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        assert_eq!(check("postgres:///d").unwrap_err(), "names no host");
    }
}
