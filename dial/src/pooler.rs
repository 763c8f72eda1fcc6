//! Transaction pooling: a pooler that lends a session of the server to another client after each transaction.
//!
//! Limits that are set, locks that are held and statements that are prepared then belong to whoever comes next.

use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::SimpleQueryMessage;

use crate::dial::{Dialled, dial};
use crate::target::Target;
use crate::trouble::{ConnectError, Trouble};
use crate::wire::Condemned;

/// Longest look for a pooler, after both sessions are there.
const PATIENCE: Duration = Duration::from_secs(5);

/// Refuses such a pooler: two sessions that are open at once never share a process of the server, and each keeps its own.
///
/// # Errors
/// There is one, or the server can't be reached.
pub async fn refuse_shared(target: &Target) -> Result<(), ConnectError> {
    let one = dial(target, &Condemned::default()).await?;
    // The server may have room for no more; that is for others to say.
    let Ok(other) = dial(target, &Condemned::default()).await else {
        return Ok(());
    };
    let looking = timeout(PATIENCE, async {
        let mut seen = Vec::new();
        for dialled in [&one, &other, &one, &other] {
            seen.push(process(dialled).await?);
        }
        Ok::<_, ConnectError>(seen)
    });
    let seen = looking.await.unwrap_or_else(|_| {
        let cause = format!("no answer within {PATIENCE:?}");
        Err(ConnectError::new(Trouble::Silence, cause))
    })?;
    if seen[..2] == seen[2..] && seen[0] != seen[1] {
        return Ok(());
    }
    let cause = "a pooler lends the sessions of PostgreSQL for single transactions";
    Err(ConnectError::new(Trouble::Pooler, cause.to_owned()))
}

/// Process of the server behind a session.
async fn process(dialled: &Dialled) -> Result<Option<String>, ConnectError> {
    let answer = dialled
        .client
        .simple_query("SELECT pg_backend_pid()")
        .await?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
