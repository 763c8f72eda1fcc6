//! Parameters of a URL that concern TLS, or a pooler.

use std::path::PathBuf;

use super::{Mode, Roots, Tls};

/// Parameters beside those whose name begins with `ssl`.
const OTHERS: [&str; 4] = [
    "gssencmode",
    "pool_mode",
    "pgbouncer",
    "target_session_attrs",
];

/// Parameters of a URL, by name.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Takes a parameter, if it is one of these; of several with one name the last counts.
    pub(crate) fn take(&mut self, name: &str, value: String) -> bool {
        let is_ours = name.starts_with("ssl") || OTHERS.contains(&name);
        if is_ours {
            self.0.retain(|(known, _)| known != name);
            self.0.push((name.to_owned(), value));
        }
        is_ours
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1).filter(|value| !value.is_empty())
    }
}

impl Tls {
    /// Reads the parameters of a URL.
    ///
    /// # Errors
    /// The one that is wrong.
    pub(crate) fn of(parameters: &Parameters) -> Result<Self, String> {
        let mut left = Parameters(parameters.0.clone());
        let roots = left.remove("sslrootcert");
        let mode = match left.remove("sslmode") {
            Some(word) => mode(&word)?,
            None if roots.as_deref() == Some("system") => Mode::VerifyFull,
            None => Mode::Prefer,
        };
        let roots = match roots.as_deref() {
            Some("system") if mode != Mode::VerifyFull => {
                return Err("sslrootcert=system trusts many: use verify-full as sslmode".to_owned());
            }
            None if mode == Mode::VerifyCa => {
                return Err(
                    "sslmode=verify-ca needs sslrootcert=FILE, or use verify-full".to_owned(),
                );
            }
            Some("system") => Roots::System,
            None if mode == Mode::VerifyFull => Roots::System,
            Some(file) => Roots::File(file.into()),
            None => Roots::None,
        };
        let tls = Self {
            mode,
            roots,
            is_direct: is_direct(left.remove("sslnegotiation"), mode)?,
            identity: identity(left.remove("sslcert"), left.remove("sslkey"))?,
            sends_name: left.remove("sslsni").as_deref() != Some("0"),
            only_newest: is_newest(left.remove("ssl_min_protocol_version"))?,
        };
        if let Some(word @ "require") = left.remove("gssencmode").as_deref() {
            return Err(format!(
                "gssencmode={word}: there is TLS alone; use sslmode"
            ));
        }
        // Its value may be a secret.
        match left.0.first() {
            Some((name, _)) => Err(format!("{name} is not supported; leave it out")),
            None => Ok(tls),
        }
    }
}

fn mode(word: &str) -> Result<Mode, String> {
    Ok(match word {
        "disable" => Mode::Disable,
        "allow" => Mode::Allow,
        "prefer" => Mode::Prefer,
        "require" => Mode::Require,
        "verify-ca" => Mode::VerifyCa,
        "verify-full" => Mode::VerifyFull,
        _ => {
            let known = "disable, allow, prefer, require, verify-ca and verify-full";
            return Err(format!("sslmode={word} is none of {known}"));
        }
    })
}

fn is_direct(word: Option<String>, mode: Mode) -> Result<bool, String> {
    match word.as_deref() {
        None | Some("postgres") => Ok(false),
        Some("direct") if mode < Mode::Require => {
            Err("sslnegotiation=direct needs sslmode=require or more".to_owned())
        }
        Some("direct") => Ok(true),
        Some(word) => Err(format!(
            "sslnegotiation={word} is none of postgres and direct"
        )),
    }
}

fn identity(
    certificate: Option<String>,
    key: Option<String>,
) -> Result<Option<(PathBuf, PathBuf)>, String> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate.into(), key.into()))),
        (None, None) => Ok(None),
        (Some(_), None) => Err("sslcert needs sslkey, the file of its key".to_owned()),
        (None, Some(_)) => Err("sslkey needs sslcert, the file of its certificate".to_owned()),
    }
}

fn is_newest(version: Option<String>) -> Result<bool, String> {
    match version.as_deref() {
        None | Some("TLSv1.2") => Ok(false),
        Some("TLSv1.3") => Ok(true),
        Some(word) => {
            let known = "TLSv1.2 and TLSv1.3";
            Err(format!(
                "ssl_min_protocol_version={word} is none of {known}"
            ))
        }
    }
}
