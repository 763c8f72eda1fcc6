//! Functions of the database, one a file, made anew after every migration.

use anyhow::anyhow;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use crate::FUNCTION_FILES;

/// Replaces all functions in one transaction, so that nobody finds one missing or without its rights.
pub(crate) async fn replace(connection: &mut AsyncPgConnection) -> anyhow::Result<()> {
    connection
        .transaction(async |connection| {
            let prepare = include_str!("../sql/prepare_functions.sql");
            connection.batch_execute(prepare).await?;
            for file in FUNCTION_FILES.files() {
                let name = file.path().file_stem().unwrap_or_default();
                let name = name.to_string_lossy();
                let definition = file.contents_utf8().unwrap_or_default();
                let replaced = connection
                    .batch_execute(&replacing(&name, definition))
                    .await;
                replaced.map_err(|error| anyhow!("the function {name} can't be made: {error}"))?;
            }
            let grant = include_str!("../sql/grant_rights.sql");
            Ok(connection.batch_execute(grant).await?)
        })
        .await
}

/// Statement that makes a function, and drops it before where it returned something else.
fn replacing(name: &str, definition: &str) -> String {
    format!(
        "DO $replace$
        DECLARE
            definition text := $definition${definition}$definition$;
            old regprocedure;
        BEGIN
            EXECUTE definition;
        EXCEPTION WHEN invalid_function_definition THEN
            FOR old IN SELECT oid FROM pg_proc
                WHERE proname = '{name}' AND pronamespace = current_schema()::regnamespace
            LOOP
                EXECUTE format('DROP FUNCTION %s', old);
            END LOOP;
            EXECUTE definition;
        END
        $replace$"
    )
}
