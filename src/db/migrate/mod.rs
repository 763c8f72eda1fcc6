//! Migration of the database by one replica, while others wait or serve.

mod lock;

use std::time::Duration;

use anyhow::anyhow;
use wildside_dial::{Secret, Target, refuse_shared};

use crate::db::{ConnectError, Session};

/// Applies the pending migrations and returns their names. Makes before what they need, and after them the functions and
/// what rights are lacking. Another replica that is at it is waited for, as long as `patience`.
///
/// Runs on a runtime of its own, because Diesel blocks its thread: call it before the actix `System` starts.
///
/// # Errors
/// The database can't be reached, another replica takes too long, or a migration fails; it is rolled back then.
pub fn migrate(url: impl Into<Secret>, patience: Duration) -> anyhow::Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(run(&url.into(), patience))
}

async fn run(url: &Secret, patience: Duration) -> anyhow::Result<Vec<String>> {
    let mut session = enter(url)
        .await
        .map_err(|cause| anyhow!("DATABASE_URL: {}", cause.with_remedy()))?;
    lock::take(&mut session, patience).await?;
    wildside_migrations::apply(session).await
}

/// A session that is kept for as long as it takes.
async fn enter(url: &Secret) -> Result<Session, ConnectError> {
    refuse_shared(&Target::load(url).await?).await?;
    Session::open_without_limits(url).await
}
