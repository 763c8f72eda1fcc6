//! The tile server: Martin, the nginx before it, and the role that Martin logs in with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::child::ending_with_parent;
use crate::postgres;

/// Configuration and scripts, as shipped.
const MARTIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../martin");

/// The command that starts Martin on `listen` for the database at `url`.
pub fn martin(url: &str, listen: &str, end: &str) -> Command {
    let mut command = Command::new(format!("{MARTIN}/run-martin.sh"));
    command
        .env("MARTIN_DATABASE_URL", url)
        .env("MARTIN_LISTEN", listen);
    ending_with_parent(&command, end)
}

/// The nginx before Martin, as its script reads it from the environment.
#[derive(Debug, Clone, Default)]
pub struct Nginx {
    /// Address that it listens on.
    pub listen: String,
    /// Address of Martin.
    pub martin: String,
    /// Variables besides, such as `TILES_REQUESTS_PER_SECOND`.
    pub settings: Vec<(String, String)>,
}

impl Nginx {
    /// The command that starts it, with its files in `folder`.
    pub fn command(&self, folder: &Path, end: &str) -> Command {
        let mut command = Command::new(format!("{MARTIN}/run-nginx.sh"));
        command
            .arg(folder)
            .env("TILES_LISTEN", &self.listen)
            .env("MARTIN_ADDRESS", &self.martin);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        ending_with_parent(&command, end)
    }
}

/// URL of the same database for a login role of Martin's own, which this makes or gives another password.
///
/// # Errors
///
/// Fails with what PostgreSQL says when the role can't be made.
pub fn login(url: &str, role: &str, password: &str) -> Result<String> {
    let output = postgres::client("psql")?
        .args(["-X", "-q", "-d", url, "-v"])
        .arg(format!("login={role}"))
        .args(["-f", &format!("{MARTIN}/login.sql")])
        .env("MARTIN_PASSWORD", password)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the role of the tile server can't be made: {said}"
    );
    let (_, address) = url.split_once('@').context("the URL names a user")?;
    Ok(format!("postgres://{role}:{password}@{address}"))
}

/// Path of Martin, where `make martin` puts it under the user's cache.
pub fn program(cache: &Path) -> PathBuf {
    cache.join("wildside/martin-1.14.0/bin/martin")
}
