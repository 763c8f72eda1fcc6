//! Waiting for the database when a process starts.

use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use tokio::time::sleep;

use crate::db::connection::pooler;
use crate::db::{ConnectError, Session};

/// A database that has not come up by then is not going to.
const PATIENCE: Duration = Duration::from_secs(30);
const INTERVAL: Duration = Duration::from_secs(1);

/// Returns once a connection succeeds. What time will not mend, such as a wrong password, is an error at once.
///
/// # Errors
/// The cause and what mends it, in one line, after half a minute at most.
pub async fn wait_until_there(url: &str) -> anyhow::Result<()> {
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
pub async fn open(url: &str) -> anyhow::Result<Session> {
    let session = enter(url).await;
    session.map_err(|cause| anyhow!("DATABASE_URL: {}", cause.with_remedy()))
}

/// A session of one's own, not one that a pooler lends.
///
/// # Errors
/// The cause, and what mends it.
pub async fn enter(url: &str) -> Result<Session, ConnectError> {
    let mut session = Session::open(url).await?;
    pooler::refuse_shared(url, &mut session).await?;
    Ok(session)
}
