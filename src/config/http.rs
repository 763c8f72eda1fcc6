//! The HTTP server.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use super::{Origin, Reader};

/// * `WILDSIDE_BIND`: address and port to listen on (default 127.0.0.1:8080)
/// * `WILDSIDE_ADMIN_BIND`: address and port that alone has `/metrics`, `/admin` and `/api/v1/admin`, besides all the rest
///   (default: none, they are on `WILDSIDE_BIND`)
/// * `WILDSIDE_METRICS_BIND`: address of a worker's `/metrics`, `/healthz` and `/actors` (default 127.0.0.1:9090)
/// * `WILDSIDE_HTTP_THREADS`: threads that serve requests (default: one for each core)
/// * `WILDSIDE_PUBLIC_URL`: address under which browsers reach the service: its pages are ours whatever `Host` a proxy sends, and
///   the addresses of tiles are absolute (default: none)
/// * `WILDSIDE_ALLOWED_ORIGINS`: other origins whose pages may use the API and `/ws`, separated by commas (default: none)
/// * `WILDSIDE_TRUSTED_PROXIES`: networks in CIDR notation that are believed whom they forward for (default: none)
/// * `WILDSIDE_FORWARDED_HEADER`: where they say so, `X-Forwarded-For` or `Forwarded` (default `X-Forwarded-For`)
/// * `WILDSIDE_HSTS_SECONDS`: how long browsers shall use HTTPS alone; 0: say nothing of it (default 31536000, a year; nothing
///   with `SESSION_COOKIE_SECURE=0`)
/// * `WILDSIDE_KEEP_ALIVE_SECONDS`: how long an idle connection stays open (default 75)
/// * `WILDSIDE_HEADER_TIMEOUT_SECONDS`: longest wait for the head of a request (default 5)
/// * `WILDSIDE_BODY_TIMEOUT_SECONDS`: longest wait for the body of a request (default 10)
/// * `WILDSIDE_SHUTDOWN_SECONDS`: how long requests in flight may take after SIGTERM (default 25)
/// * `WILDSIDE_DRAIN_SECONDS`: how long readiness says 503 before the listener closes (default 0)
/// * `WILDSIDE_MAX_CONNECTIONS`: open connections a thread holds at most (default 25000)
/// * `WILDSIDE_CONNECTIONS_PER_ADDRESS`: open connections of one address that is no trusted proxy's (default 1000; 0: no limit)
#[derive(Debug, Clone)]
pub struct HttpConfig {
    pub bind: SocketAddr,
    pub admin_bind: Option<SocketAddr>,
    pub metrics_bind: SocketAddr,
    pub threads: usize,
    pub public_url: Option<String>,
    /// Origin of the pages at the public URL.
    pub public_origin: Option<Origin>,
    pub allowed_origins: Vec<Origin>,
    pub trusted_proxies: Vec<IpNet>,
    pub forwarded_header: ForwardedHeader,
    pub hsts: Duration,
    pub keep_alive: Duration,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub shutdown_timeout: Duration,
    pub drain: Duration,
    pub max_connections: usize,
    pub connections_per_address: usize,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let threads = super::processors();
        let (public_url, public_origin) = public_url(reader).unzip();
        Self {
            bind: reader.or("WILDSIDE_BIND", SocketAddr::from(([127, 0, 0, 1], 8080))),
            admin_bind: reader.optional("WILDSIDE_ADMIN_BIND"),
            metrics_bind: reader.or(
                "WILDSIDE_METRICS_BIND",
                SocketAddr::from(([127, 0, 0, 1], 9090)),
            ),
            threads: reader.within("WILDSIDE_HTTP_THREADS", 1..=256, threads),
            public_origin,
            public_url,
            allowed_origins: reader.list("WILDSIDE_ALLOWED_ORIGINS"),
            trusted_proxies: reader.list("WILDSIDE_TRUSTED_PROXIES"),
            forwarded_header: reader
                .or("WILDSIDE_FORWARDED_HEADER", ForwardedHeader::XForwardedFor),
            hsts: reader.seconds("WILDSIDE_HSTS_SECONDS", 0..=315_360_000, 31_536_000),
            keep_alive: reader.seconds("WILDSIDE_KEEP_ALIVE_SECONDS", 1..=3_600, 75),
            header_timeout: reader.seconds("WILDSIDE_HEADER_TIMEOUT_SECONDS", 1..=60, 5),
            body_timeout: reader.seconds("WILDSIDE_BODY_TIMEOUT_SECONDS", 1..=60, 10),
            shutdown_timeout: reader.seconds("WILDSIDE_SHUTDOWN_SECONDS", 1..=300, 25),
            drain: reader.seconds("WILDSIDE_DRAIN_SECONDS", 0..=60, 0),
            max_connections: reader.within("WILDSIDE_MAX_CONNECTIONS", 16..=1_000_000, 25_000),
            connections_per_address: reader.or("WILDSIDE_CONNECTIONS_PER_ADDRESS", 1_000),
        }
    }

    /// Test for the address of a proxy that is believed.
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies
            .iter()
            .any(|network| network.contains(&address))
    }

    /// Test for an origin that is our own or allowed.
    pub fn welcomes(&self, origin: &Origin) -> bool {
        self.public_origin.as_ref() == Some(origin) || self.allowed_origins.contains(origin)
    }
}

/// Header in which proxies say for whom they forward a request. Only one header is read: what a proxy does not write
/// itself, it may pass on as a client has written it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedHeader {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl ForwardedHeader {
    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }
}

impl FromStr for ForwardedHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::XForwardedFor, Self::Forwarded]
            .into_iter()
            .find(|header| text.eq_ignore_ascii_case(header.name()))
            .ok_or("neither X-Forwarded-For nor Forwarded")
    }
}

fn public_url(reader: &mut Reader<'_>) -> Option<(String, Origin)> {
    let url = reader.text("WILDSIDE_PUBLIC_URL")?;
    let Ok(origin) = Origin::of_url(&url) else {
        reader.fault(
            "WILDSIDE_PUBLIC_URL",
            "does not begin with http://host or https://host",
        );
        return None;
    };
    Some((url.trim_end_matches('/').to_owned(), origin))
}
