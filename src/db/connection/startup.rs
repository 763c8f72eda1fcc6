//! Waiting for the database when a process starts.

use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use tokio::time::sleep;
use wildside_dial::{Secret, Target, refuse_shared};

use crate::db::{ConnectError, Session};

/// A database that has not come up by then is not going to.
const PATIENCE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(1);

/// Returns once a connection succeeds. What time will not mend, such as a wrong password, is an error at once.
///
/// # Errors
/// The cause and what mends it, in one line, after half a minute at most.
pub async fn wait_until_there(url: &Secret) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let Err(cause) = enter(url).await else {
            return Ok(());
        };
        if cause.trouble.is_permanent() {
            bail!("DATABASE_URL: {}", cause.with_remedy());
        }
        if Instant::now() >= deadline {
            let waited = PATIENCE.as_secs();
            bail!("DATABASE_URL: for {waited} s {}", cause.with_remedy());
        }
        tracing::warn!(%cause, "waiting for the database");
        sleep(INTERVAL).await;
    }
}

/// A session, at once or not at all.
///
/// # Errors
/// The cause and what mends it, in one line.
pub async fn open(url: impl Into<Secret>) -> anyhow::Result<Session> {
    let session = enter(&url.into()).await;
    session.map_err(|cause| anyhow!("DATABASE_URL: {}", cause.with_remedy()))
}

/// A session of one's own, or one that a pooler lends, if the URL says so.
///
/// # Errors
/// The cause, and what mends it.
pub async fn enter(url: &Secret) -> Result<Session, ConnectError> {
    let target = Target::load(url).await?;
    if !target.is_lent() {
        refuse_shared(&target).await?;
    }
    Session::open(url).await
}
