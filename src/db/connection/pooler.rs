//! Transaction pooling: a pooler that lends a session of the server to another client after each transaction.
//!
//! Limits that are set, locks that are held and statements that are prepared then belong to whoever comes next.

use diesel::QueryResult;
use diesel::sql_types::Integer;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use crate::db::connection::session::in_time;
use crate::db::{ConnectError, Connection, Session, Trouble};

/// Refuses such a pooler: two sessions that are open at once never share a process of the server, and each keeps its own.
///
/// # Errors
/// There is one.
pub(in crate::db) async fn refuse_shared(
    url: &str,
    session: &mut Session,
) -> Result<(), ConnectError> {
    let mut other = match Session::open(url).await {
        Ok(other) => other,
        // It is lent with the statements of whoever had it before.
        Err(error) if error.trouble == Trouble::Pooler => return Err(error),
        // The server may have room for no more; that is for others to say.
        Err(_) => return Ok(()),
    };
    let seen = in_time(async {
        let mut seen = Vec::new();
        for _ in 0..2 {
            for session in [&mut *session, &mut other] {
                let process = process(session).await;
                seen.push(process.map_err(|error| ConnectError::of_setup(&error))?);
            }
        }
        Ok(seen)
    })
    .await?;
    if let [mine, others, mine_again, others_again] = seen[..]
        && (mine, others) == (mine_again, others_again)
        && mine != others
    {
        return Ok(());
    }
    let cause = "a pooler lends the sessions of PostgreSQL for single transactions";
    Err(ConnectError::new(Trouble::Pooler, cause.to_owned()))
}

/// The process of the server behind a session. When this returns nothing of it is under way any more, such as the end of a
/// prepared statement: a pooler may lend the process to whoever comes next.
async fn process(connection: &mut Connection) -> QueryResult<i32> {
    let process = diesel::select(diesel::dsl::sql::<Integer>("pg_backend_pid()"))
        .get_result(connection)
        .await?;
    connection.batch_execute("SELECT 1").await?;
    Ok(process)
}
