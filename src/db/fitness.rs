//! Fitness of a database: it takes writes, from this user, and has the schema of this binary.
//!
//! No row is written to find out. The session says whether its transactions may write, which is what a write would be
//! refused for; a write that is rolled back would leave dead rows behind and wait for whoever has locked the table.

use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use tokio::sync::Mutex;

use super::{Connection, Session};

/// Looks again and again, over a connection of its own that is kept while all is well. A session remembers how it was
/// made: one that may not write is not asked a second time.
pub struct Lookout {
    url: String,
    session: Mutex<Option<Session>>,
}

impl Lookout {
    /// Looks at the database at `url`; connects when first used.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            session: Mutex::default(),
        }
    }

    /// Fault, if there is one.
    pub async fn look(&self) -> Option<&'static str> {
        let mut kept = self.session.lock().await;
        if let Some(mut session) = kept.take()
            && let Ok(Fitness::Fit { .. }) = Fitness::of(&mut session).await
        {
            *kept = Some(session);
            return None;
        }
        let Ok(mut session) = Session::open(&self.url).await else {
            return Some("no connection");
        };
        match Fitness::of(&mut session).await {
            Ok(Fitness::Fit { .. }) => {
                *kept = Some(session);
                None
            }
            Ok(unfit) => unfit.sentence(),
            Err(_) => Some("it does not say how it is"),
        }
    }
}

impl fmt::Debug for Lookout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookout").finish_non_exhaustive()
    }
}

/// State of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// All is well, with so many migrations that this binary does not know: it is older than the schema.
    Fit {
        /// Migrations of newer releases.
        newer: i64,
    },
    /// It follows another server.
    Standby,
    /// Its transactions are read-only.
    ReadOnly,
    /// The user may not write the ledger.
    NoRights,
    /// Migrations of this binary are missing, so many.
    Behind(i64),
}

#[derive(QueryableByName)]
struct State {
    #[diesel(sql_type = Bool)]
    standby: bool,
    #[diesel(sql_type = Bool)]
    read_only: bool,
    #[diesel(sql_type = Bool)]
    migrated: bool,
    #[diesel(sql_type = Nullable<Bool>)]
    readable: Option<bool>,
    #[diesel(sql_type = Nullable<Bool>)]
    writable: Option<bool>,
}

impl Fitness {
    /// Looks at the database.
    pub async fn of(connection: &mut Connection) -> QueryResult<Self> {
        let state: State = diesel::sql_query(include_str!("fitness.sql"))
            .get_result(connection)
            .await?;
        if state.standby {
            return Ok(Self::Standby);
        }
        if state.read_only {
            return Ok(Self::ReadOnly);
        }
        let known = wildside_migrations::versions()?;
        if !state.migrated {
            return Ok(Self::Behind(known.len() as i64));
        }
        if state.readable != Some(true) {
            return Ok(Self::NoRights);
        }
        let applied = diesel::sql_query(
            "SELECT count(*) FILTER (WHERE version = ANY($1)) AS known, count(*) FILTER (WHERE version COLLATE \"C\" > $2) AS newer \
             FROM __diesel_schema_migrations",
        );
        let applied: Applied = applied
            .bind::<Array<Text>, _>(&known)
            .bind::<Nullable<Text>, _>(known.iter().max())
            .get_result(connection)
            .await?;
        Ok(match known.len() as i64 - applied.known {
            0 if state.writable != Some(true) => Self::NoRights,
            0 => Self::Fit {
                newer: applied.newer,
            },
            missing => Self::Behind(missing),
        })
    }

    /// Fault, if there is one.
    pub const fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Fit { .. } => None,
            Self::Standby => Some("it is a standby and takes no writes"),
            Self::ReadOnly => Some("it is read-only"),
            Self::NoRights => Some("the user may not write the tables"),
            Self::Behind(_) => Some("its schema is older than this release"),
        }
    }

    /// Remedy.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Fit { .. } => "",
            Self::Standby => {
                "let DATABASE_URL lead to the primary, or add target_session_attrs=read-write to it"
            }
            Self::ReadOnly => {
                "as superuser: ALTER DATABASE … SET default_transaction_read_only = off"
            }
            Self::NoRights => {
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO the user"
            }
            Self::Behind(_) => "wildside migrate",
        }
    }
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = BigInt)]
    known: i64,
    #[diesel(sql_type = BigInt)]
    newer: i64,
}
