//! Readiness: whether the process can do what it is for.
//!
//! It is not enough that PostgreSQL and Redis answer. A standby, a schema of an older release, a replica, a full memory
//! or a user without rights answer as well, and no walk comes about. So what is needed is tried: a session that may
//! write, the migrations of this binary, and a script that writes beside the keys of the queue.
//!
//! Anybody may ask, and often: all who ask within a moment share one look, over a database connection that nobody else
//! waits for.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use wildside_dial::Secret;

use crate::db::fitness::{Lookout, SILENT};
use crate::queue::{GenerateRouteJob, Producer};
use crate::recent::Recent;
use crate::shared_redis::{Failure, within};

/// A dependency that takes longer is as good as away.
const TIME_BUDGET: Duration = Duration::from_secs(1);

/// Readiness of the process for work, check by check.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "status": "not_ready",
    "checks": [
        {"name": "postgresql", "ok": true},
        {"name": "redis", "ok": false, "error": "no answer within 1 s"},
        {"name": "accepting", "ok": true}
    ]
}))]
pub struct Ready {
    #[schema(inline)]
    status: Word,
    checks: Vec<Check>,
}

/// Verdict on all checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Word {
    Ready,
    NotReady,
}

/// One thing that must be well.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"name": "redis", "ok": false, "error": "no answer within 1 s"}))]
pub struct Check {
    name: &'static str,
    ok: bool,
    /// Fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

impl Ready {
    fn of(errors: [(&'static str, Option<&'static str>); 3]) -> Self {
        let status = if errors.iter().all(|(_, error)| error.is_none()) {
            Word::Ready
        } else {
            Word::NotReady
        };
        let check = |(name, error): (_, Option<_>)| Check {
            name,
            ok: error.is_none(),
            error,
        };
        Self {
            status,
            checks: errors.map(check).into(),
        }
    }

    /// 200, or 503.
    pub fn respond(&self) -> HttpResponse {
        let code = match self.status {
            Word::Ready => StatusCode::OK,
            Word::NotReady => StatusCode::SERVICE_UNAVAILABLE,
        };
        HttpResponse::build(code)
            .insert_header(("Cache-Control", "no-store"))
            .json(self)
    }
}

/// Looks whether what is needed can be done. Clones share what was seen.
#[derive(Debug, Clone)]
pub struct Readiness {
    database: Lookout,
    queue: Producer,
    known: Recent<Seen>,
}

/// Faults of each dependency.
#[derive(Debug, Clone, Copy)]
struct Seen {
    postgresql: Option<&'static str>,
    redis: Option<&'static str>,
}

impl Readiness {
    /// Looks at the database at `url` over a connection of its own, and at Redis as the queue does.
    pub fn new(url: &Secret, queue: Producer) -> Self {
        Self {
            database: Lookout::new(url),
            queue,
            known: Recent::default(),
        }
    }

    /// Checks with their faults; `ending` says why the process takes no more work.
    pub async fn ask(&self, ending: Option<&'static str>) -> Ready {
        let look = || {
            let readiness = self.clone();
            async move { Ok::<_, Infallible>(readiness.look().await) }
        };
        let Ok(Seen { postgresql, redis }) = self.known.read(look).await;
        Ready::of([
            ("postgresql", postgresql),
            ("redis", redis),
            ("accepting", ending),
        ])
    }

    async fn look(&self) -> Seen {
        let (postgresql, redis) = tokio::join!(
            self.database.look(TIME_BUDGET),
            within(TIME_BUDGET, self.queue.try_out::<GenerateRouteJob>())
        );
        let redis = redis.err().map(|failure| match failure {
            Failure::Slow(_) => SILENT,
            Failure::Refused(_) => failure.trouble().sentence(),
        });
        Seen { postgresql, redis }
    }
}
