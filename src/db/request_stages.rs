//! Stages of the requests that workers are at, in the ledger.

use diesel::prelude::*;
use diesel::sql_types::{Array, Float4, Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::prepared::Prepared;
use super::route_requests::column;
use super::{Batched, Connection};

/// A worker is at a stage of a request for longer than a moment. The answer says whether that was noted: not if another
/// worker has claimed the request since, if it is further or has ended, or if somebody has it locked just now.
#[derive(Debug)]
pub struct Stage {
    pub request_id: Uuid,
    /// The claim of the worker.
    pub attempt: i32,
    pub stage: &'static str,
    pub progress: f32,
}

impl Batched for Stage {
    type Answer = bool;

    async fn ask(connection: &mut Connection, stages: &[Self]) -> QueryResult<Vec<Self::Answer>> {
        #[derive(QueryableByName)]
        struct Noted {
            #[diesel(sql_type = SqlUuid)]
            id: Uuid,
        }
        let query = diesel::sql_query(include_str!("note_stages.sql"))
            .bind::<Array<SqlUuid>, _>(column(stages.iter(), |stage| stage.request_id))
            .bind::<Array<Integer>, _>(column(stages.iter(), |stage| stage.attempt))
            .bind::<Array<Text>, _>(column(stages.iter(), |stage| stage.stage))
            .bind::<Array<Float4>, _>(column(stages.iter(), |stage| stage.progress));
        let noted: Vec<Noted> = Prepared(query).load(connection).await?;
        let is_noted = |stage: &Self| noted.iter().any(|noted| noted.id == stage.request_id);
        Ok(stages.iter().map(is_noted).collect())
    }
}
