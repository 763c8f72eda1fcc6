//! PostgreSQL as `wildside doctor` finds it.

use diesel::sql_types::Double;
use diesel_async::RunQueryDsl;
use tokio::time::timeout;
use wildside_dial::Secret;

use super::{Finding, PATIENCE, clock};
use crate::db::city::areas::Area;
use crate::db::fitness::Fitness;
use crate::db::{self, Connection};

const NAME: &str = "postgresql";

/// Tries whether the service can work with the database, and looks at what is in it.
pub(super) async fn examine(url: &Secret) -> Vec<Finding> {
    // Each of the hosts has its time: the last may be the one that answers.
    let mut session = match db::enter(url).await {
        Ok(session) => session,
        Err(error) => {
            let cause = Err::<String, _>(format!("can't connect: {error}"));
            return vec![Finding::new(NAME, cause, error.trouble.remedy())];
        }
    };
    let examined = timeout(PATIENCE, async {
        look(&mut session).await.map_err(|error| error.to_string())
    });
    let silent = || Err("no answer within 3 s".to_owned());
    examined
        .await
        .unwrap_or_else(|_| silent())
        .unwrap_or_else(|error| {
            let remedy =
                "start PostgreSQL, or set DATABASE_URL to where it listens; then wildside migrate";
            vec![Finding::new::<String>(NAME, Err(error), remedy)]
        })
}

async fn look(connection: &mut Connection) -> diesel::QueryResult<Vec<Finding>> {
    let fitness = Fitness::of(connection).await?;
    let found = match fitness {
        Fitness::Fit { newer: 0 } => {
            Ok("takes writes, and has the schema of this release".to_owned())
        }
        Fitness::Fit { newer } => Ok(format!(
            "takes writes, and has {newer} migrations of newer releases"
        )),
        Fitness::Behind(missing) => Err(format!(
            "its schema is older than this release: {missing} migrations are missing"
        )),
        unfit => Err(unfit.sentence().unwrap_or_default().to_owned()),
    };
    let mut findings = vec![Finding::new(NAME, found, fitness.remedy())];
    let now = diesel::select(diesel::dsl::sql::<Double>(
        "extract(epoch FROM clock_timestamp())::float8",
    ));
    let now: f64 = now.get_result(connection).await?;
    findings.push(clock::compare("clock of postgresql", now));
    if !matches!(fitness, Fitness::Behind(_)) {
        findings.push(areas(&Area::all(connection).await?));
    }
    Ok(findings)
}

fn areas(areas: &[Area]) -> Finding {
    let names: Vec<String> = areas
        .iter()
        .map(|area| format!("{} (generation {})", area.name, area.state.generation))
        .collect();
    let loaded = if names.is_empty() {
        Err("no area is loaded".to_owned())
    } else {
        Ok(names.join(", "))
    };
    Finding::new("areas", loaded, "wildside-ingest --pbf EXTRACT.osm.pbf")
}
