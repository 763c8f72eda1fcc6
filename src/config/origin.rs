//! Origins of web pages.

use std::fmt;
use std::str::FromStr;

/// Scheme, host and port of a page, as browsers compare them: the port that a scheme has by default may be left out,
/// and upper case is the same as lower.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

impl Scheme {
    const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The text is no origin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not scheme://host[:port]")]
pub struct NotAnOrigin;

impl Origin {
    /// The origin of the pages at a URL.
    ///
    /// # Errors
    /// It begins with no `http://host` or `https://host`.
    pub fn of_url(url: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, rest) = url.split_once("://").ok_or(NotAnOrigin)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        format!("{scheme}://{authority}").parse()
    }

    /// Comparison with a `Host`: the request went to where the page came from. A server behind a proxy can't tell the
    /// scheme, so a port that is left out is that of the page's.
    pub fn is_at(&self, host: &str) -> bool {
        split_authority(host).is_some_and(|(host, port)| {
            host.eq_ignore_ascii_case(&self.host)
                && port.unwrap_or(self.scheme.default_port()) == self.port
        })
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let (scheme, authority) = text.split_once("://").ok_or(NotAnOrigin)?;
        let scheme = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|known| scheme.eq_ignore_ascii_case(known.name()))
            .ok_or(NotAnOrigin)?;
        let (host, port) = split_authority(authority).ok_or(NotAnOrigin)?;
        Ok(Self {
            scheme,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(scheme.default_port()),
        })
    }
}

/// As browsers write it.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host)?;
        if self.port == self.scheme.default_port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let end_of_host = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, rest) = authority.split_at(end_of_host);
    let allowed = |b: u8| b.is_ascii_graphic() && !br#"/\?#@<>",;"#.contains(&b);
    if host.is_empty() || !host.bytes().all(allowed) {
        return None;
    }
    let port = match rest.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().ok()?),
        None if rest.is_empty() => None,
        Some(_) | None => return None,
    };
    Some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().unwrap()
    }

    #[test]
    fn a_default_port_may_be_left_out() {
        assert_eq!(origin("https://a.example"), origin("HTTPS://A.example:443"));
        assert_ne!(origin("https://a.example"), origin("https://a.example:80"));
        assert_ne!(origin("https://a.example"), origin("http://a.example"));
        assert_eq!(
            origin("http://a.example:80").to_string(),
            "http://a.example"
        );
        assert_eq!(origin("http://[::1]:81").to_string(), "http://[::1]:81");
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "null",
            "file://",
            "http://",
            "https:/a",
            "ftp://a",
            "http://a/",
            "http://a/b",
            "http://u@a",
            "http://a:b",
            "http://a:1:2",
            "http://a:99999",
            "http://a:+1",
            "http://a b",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NotAnOrigin), "{text}");
        }
        assert_eq!(
            Origin::of_url("https://a.example:8443/wild/side?x").unwrap(),
            origin("https://a.example:8443")
        );
    }

    #[test]
    fn a_host_is_that_of_the_page() {
        assert!(origin("https://a.example").is_at("a.example"));
        assert!(origin("https://a.example").is_at("A.example:443"));
        assert!(origin("http://a.example:8080").is_at("a.example:8080"));
        assert!(origin("http://[::1]:8080").is_at("[::1]:8080"));
        for host in ["", "a.example:80", "b.example", "a.example.b", "a.example:"] {
            assert!(!origin("https://a.example").is_at(host), "{host}");
        }
    }
}
