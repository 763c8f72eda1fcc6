//! The HTTP server.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;

use super::Reader;

/// * `WILDSIDE_BIND`: address and port to listen on (default 127.0.0.1:8080)
/// * `WILDSIDE_METRICS_BIND`: address of a worker's `/metrics`, `/healthz` and `/actors` (default 127.0.0.1:9090)
/// * `WILDSIDE_HTTP_THREADS`: threads that serve requests (default: one for each core)
/// * `WILDSIDE_PUBLIC_URL`: address under which browsers reach the service; makes the addresses of tiles absolute (default: none)
/// * `WILDSIDE_ALLOWED_ORIGINS`: other origins whose pages may use the API and `/ws`, separated by commas (default: none)
/// * `WILDSIDE_TRUSTED_PROXIES`: networks in CIDR notation whose `X-Forwarded-For` is believed (default: none)
/// * `WILDSIDE_KEEP_ALIVE_SECONDS`: how long an idle connection stays open (default 75)
/// * `WILDSIDE_HEADER_TIMEOUT_SECONDS`: longest wait for the head of a request (default 5)
/// * `WILDSIDE_BODY_TIMEOUT_SECONDS`: longest wait for the body of a request (default 10)
/// * `WILDSIDE_SHUTDOWN_SECONDS`: how long requests in flight may take after SIGTERM (default 25)
/// * `WILDSIDE_DRAIN_SECONDS`: how long readiness says 503 before the listener closes (default 0)
/// * `WILDSIDE_MAX_CONNECTIONS`: open connections a thread holds at most (default 25000)
#[derive(Debug, Clone)]
pub struct HttpConfig {
    pub bind: SocketAddr,
    pub metrics_bind: SocketAddr,
    pub threads: usize,
    pub public_url: Option<String>,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<IpNet>,
    pub keep_alive: Duration,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
    pub shutdown_timeout: Duration,
    pub drain: Duration,
    pub max_connections: usize,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let threads = super::processors();
        Self {
            bind: reader.or("WILDSIDE_BIND", SocketAddr::from(([127, 0, 0, 1], 8080))),
            metrics_bind: reader.or(
                "WILDSIDE_METRICS_BIND",
                SocketAddr::from(([127, 0, 0, 1], 9090)),
            ),
            threads: reader.within("WILDSIDE_HTTP_THREADS", 1..=256, threads),
            public_url: public_url(reader),
            allowed_origins: allowed_origins(reader),
            trusted_proxies: reader.list("WILDSIDE_TRUSTED_PROXIES"),
            keep_alive: reader.seconds("WILDSIDE_KEEP_ALIVE_SECONDS", 1..=3_600, 75),
            header_timeout: reader.seconds("WILDSIDE_HEADER_TIMEOUT_SECONDS", 1..=60, 5),
            body_timeout: reader.seconds("WILDSIDE_BODY_TIMEOUT_SECONDS", 1..=60, 10),
            shutdown_timeout: reader.seconds("WILDSIDE_SHUTDOWN_SECONDS", 1..=300, 25),
            drain: reader.seconds("WILDSIDE_DRAIN_SECONDS", 0..=60, 0),
            max_connections: reader.within("WILDSIDE_MAX_CONNECTIONS", 16..=1_000_000, 25_000),
        }
    }
}

fn public_url(reader: &mut Reader<'_>) -> Option<String> {
    let url = reader.text("WILDSIDE_PUBLIC_URL")?;
    if !is_http(&url) {
        reader.fault(
            "WILDSIDE_PUBLIC_URL",
            "does not begin with http:// or https://",
        );
    }
    Some(url.trim_end_matches('/').to_owned())
}

fn allowed_origins(reader: &mut Reader<'_>) -> Vec<String> {
    let origins: Vec<String> = reader.list("WILDSIDE_ALLOWED_ORIGINS");
    for origin in &origins {
        if !is_http(origin) || origin.matches('/').count() != 2 {
            reader.fault(
                "WILDSIDE_ALLOWED_ORIGINS",
                format_args!("`{origin}` is not scheme://host[:port]"),
            );
        }
    }
    origins
}

fn is_http(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}
