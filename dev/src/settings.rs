//! Settings that the caller may choose by variables, as `make run NAME=value` passes them on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use wildside_dev::http::listens;

/// Variables of Wildside itself, which belong into the file to be sourced.
const OWN: [&str; 5] = [
    "DATABASE_URL",
    "REDIS_URL",
    "WILDSIDE_",
    "SESSION_",
    "TILE_",
];

/// The checkout.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// A variable of the environment; an empty one counts as none.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program reads them"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Variables of the environment that Wildside reads.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this program reads them"
)]
pub(crate) fn own_variables() -> Vec<(String, String)> {
    std::env::vars()
        .filter(|(name, value)| !value.is_empty() && OWN.iter().any(|own| name.starts_with(own)))
        .collect()
}

/// Folder for programs that are compiled once for all checkouts.
pub(crate) fn cache() -> PathBuf {
    let home = || variable("HOME").map(|home| Path::new(&home).join(".cache"));
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from);
    cache.or_else(home).unwrap_or_default()
}

/// Address that the server listens on, and that a client on this machine finds it at.
#[derive(Debug, Clone)]
pub(crate) struct Bind {
    /// Interface, as given.
    pub(crate) interface: String,
    /// Host that a client on this machine calls.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Bind {
    pub(crate) fn from_env() -> Result<Self> {
        let text = variable("WILDSIDE_BIND").unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let parts = text.rsplit_once(':');
        let parts = parts.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let Some((interface, port)) = parts else {
            bail!("WILDSIDE_BIND is not an address and a port, such as 127.0.0.1:8080: {text}");
        };
        let host = match interface {
            "0.0.0.0" => "127.0.0.1",
            "[::]" => "[::1]",
            other => other,
        };
        let (interface, host) = (interface.to_owned(), host.to_owned());
        Ok(Self {
            interface,
            host,
            port,
        })
    }

    /// Address of a port on the same interface.
    pub(crate) fn with_port(&self, port: u16) -> String {
        format!("{}:{port}", self.interface)
    }

    /// Address of the server for a client on this machine.
    pub(crate) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(crate) fn check_free(&self) -> Result<()> {
        let address = self.address();
        ensure!(
            !listens(&address),
            "{address} is taken: another program listens there\n\
             stop it, or choose another address: make run WILDSIDE_BIND=127.0.0.1:8081"
        );
        Ok(())
    }
}

/// Extract that is loaded, and the start of the first walk in it.
#[derive(Debug, Clone)]
pub(crate) struct Extract {
    pub(crate) file: String,
    /// Longitude and latitude, as typed.
    pub(crate) start: String,
}

impl Extract {
    pub(crate) fn from_env() -> Result<Self> {
        let (file, start) = (variable("PBF"), variable("AT"));
        ensure!(
            file.is_none() || start.is_some(),
            "AT is missing: where the walk in {} begins, as in AT=7.4246,43.7384",
            file.unwrap_or_default()
        );
        Ok(Self {
            file: file.unwrap_or_else(|| "ingest/data/helsinki.osm.pbf".to_owned()),
            start: start.unwrap_or_else(|| "24.9522,60.1690".to_owned()),
        })
    }

    /// Place of the map where the walk begins: zoom, latitude and longitude.
    pub(crate) fn map_place(&self) -> Result<String> {
        let (longitude, latitude) = self
            .start
            .split_once(',')
            .context("AT is longitude,latitude")?;
        Ok(format!("14/{latitude}/{longitude}"))
    }
}
