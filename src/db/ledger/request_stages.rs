//! Stages of the requests that workers are at, in the ledger.

use diesel::prelude::*;
use diesel::sql_types::{Array, Float4, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::ledger::route_requests::column;
use crate::db::prepared::Prepared;
use crate::db::{Batched, Connection};

/// Note that a worker is at a stage of a request for longer than a moment. It is not written if another worker has claimed the
/// request since, if it is further or has ended, or if somebody has it locked just now.
#[derive(Debug)]
pub struct Stage {
    pub request_id: Uuid,
    /// The claim of the worker.
    pub attempt: i32,
    pub stage: &'static str,
    pub progress: f32,
}

impl Batched for Stage {
    type Output = ();

    async fn run_all(
        connection: &mut Connection,
        stages: &[Self],
    ) -> QueryResult<Vec<Self::Output>> {
        let query = diesel::sql_query(include_str!("note_stages.sql"))
            .bind::<Array<SqlUuid>, _>(column(stages.iter(), |stage| stage.request_id))
            .bind::<Array<Integer>, _>(column(stages.iter(), |stage| stage.attempt))
            .bind::<Array<Text>, _>(column(stages.iter(), |stage| stage.stage))
            .bind::<Array<Float4>, _>(column(stages.iter(), |stage| stage.progress));
        Prepared(query).execute(connection).await?;
        Ok(vec![(); stages.len()])
    }
}
