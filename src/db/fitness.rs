//! Fitness of a database: it takes writes, from this user, and has the schema of this binary.
//!
//! No row is written to find out. The session says whether its transactions may write, which is what a write would be
//! refused for; a write that is rolled back would leave dead rows behind and wait for whoever has locked the table.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;
use wildside_dial::Secret;

use super::{Connection, Session};

/// Fault of a database that has not answered in time.
pub const SILENT: &str = "no answer within 1 s";
/// A look that takes longer is over, and its session with it: the connection may be dead.
const LONGEST: Duration = Duration::from_secs(3);

/// Looks again and again, over a connection of its own that is kept while all is well. A session remembers how it was
/// made: one that may not write is not asked a second time. Clones share it.
#[derive(Clone)]
pub struct Lookout {
    url: Secret,
    session: Arc<Mutex<Option<Session>>>,
}

impl Lookout {
    /// Looks at the database at `url`; connects when first used.
    pub fn new(url: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            session: Arc::default(),
        }
    }

    /// Fault, if there is one; [`SILENT`] after `patience`. Such a look goes on, so that a slow database is not asked for
    /// one more session each time.
    pub async fn look(&self, patience: Duration) -> Option<&'static str> {
        let looking = async {
            let kept = self.session.clone().lock_owned().await;
            tokio::spawn(look(self.url.clone(), kept)).await
        };
        match timeout(patience, looking).await {
            Ok(Ok(fault)) => fault,
            Ok(Err(_)) => Some("it can't be looked at"),
            Err(_) => Some(SILENT),
        }
    }
}

/// Looks over the session that is kept, or else over a new one.
async fn look(url: Secret, mut kept: OwnedMutexGuard<Option<Session>>) -> Option<&'static str> {
    let looking = async {
        if let Some(session) = kept.as_mut()
            && let Ok(Fitness::Fit { .. }) = Fitness::of(session).await
        {
            return None;
        }
        *kept = None;
        let Ok(session) = Session::open(&url).await else {
            return Some("no connection");
        };
        let fault = match Fitness::of(kept.insert(session)).await {
            Ok(fitness) => fitness.sentence(),
            Err(_) => Some("it does not say how it is"),
        };
        if fault.is_some() {
            *kept = None;
        }
        fault
    };
    let looked = timeout(LONGEST, looking).await;
    looked.unwrap_or_else(|_| {
        *kept = None;
        Some(SILENT)
    })
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
