//! `wildside health`: the probe of a container that has no shell and no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::config::{Config, HttpConfig, Mode};

/// Longest wait for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the process of `mode` in this environment whether it is ready.
///
/// # Errors
/// It is not, with what it said; or it did not answer.
pub(super) async fn run(mode: Mode) -> anyhow::Result<()> {
    let address = reachable(address(mode, &Config::http_from_env()?));
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .build()?;
    let answer = http.get(format!("http://{address}/health/ready")).send();
    let answer = answer
        .await
        .with_context(|| format!("nothing answers on {address}"))?;
    let status = answer.status();
    if !status.is_success() {
        bail!("{status}: {}", answer.text().await.unwrap_or_default());
    }
    Ok(())
}

/// Address that the process listens on for such a question.
fn address(mode: Mode, http: &HttpConfig) -> SocketAddr {
    match mode {
        Mode::Worker => http.metrics_bind,
        Mode::Server | Mode::All => http.admin_bind.unwrap_or(http.bind),
    }
}

/// The same port on this machine, where an address stands for all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
