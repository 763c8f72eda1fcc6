//! Extensions, roles and rights: what the schema needs of the server around it, and what an administrator may have to see to.

use diesel::QueryResult;
use diesel_async::SimpleAsyncConnection;

use crate::db::Connection;
use crate::db::connection::ADD_EXTENSIONS_TO_PATH;

/// Makes the extensions and the role of the tile server where they are missing. What the user may not do is an error
/// that says what an administrator has to run.
pub(super) async fn prepare(connection: &mut Connection) -> QueryResult<()> {
    let make = include_str!("make_what_schema_needs.sql");
    connection.batch_execute(make).await?;
    connection.batch_execute(ADD_EXTENSIONS_TO_PATH).await
}

/// Gives the tile server its rights, and takes everybody else's, where a backup was restored without them.
pub(super) async fn grant(connection: &mut Connection) -> QueryResult<()> {
    connection
        .batch_execute(include_str!("grant_rights.sql"))
        .await
}
