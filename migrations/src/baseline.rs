//! Baseline of the schema: versions that took the place of many older ones.

use anyhow::bail;
use diesel::sql_types::{Array, Nullable, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Newest version of the baseline.
const BASELINE: &str = "20261202001300";

/// Versions that led to the same schema as the baseline does.
pub const BEFORE_BASELINE: [&str; 48] = [
    "20261124000001",
    "20261124000002",
    "20261124000003",
    "20261124000004",
    "20261124000005",
    "20261124000006",
    "20261124000007",
    "20261124000010",
    "20261124000011",
    "20261124000020",
    "20261124000021",
    "20261124000101",
    "20261124000102",
    "20261124000103",
    "20261124000104",
    "20261124000105",
    "20261124000201",
    "20261124000202",
    "20261124000203",
    "20261125000001",
    "20261128000001",
    "20261128000011",
    "20261128000012",
    "20261129100001",
    "20261129100002",
    "20261129200001",
    "20261129200002",
    "20261129200003",
    "20261129200004",
    "20261129200005",
    "20261129200006",
    "20261129200007",
    "20261129300001",
    "20261129300002",
    "20261129400001",
    "20261201100001",
    "20261201200001",
    "20261201200002",
    "20261201200003",
    "20261201200004",
    "20261201200005",
    "20261201200006",
    "20261201200007",
    "20261201200008",
    "20261201200009",
    "20261201400001",
    "20261201700001",
    "20261201700002",
];

/// Takes a database that all the older versions were applied to for one of the baseline. The rows of the older ones stay:
/// replicas of the release before go on serving meanwhile, and look for them.
///
/// # Errors
/// Some of them are missing. Nobody knows the way from there any more.
pub(crate) async fn adopt(connection: &mut AsyncPgConnection) -> anyhow::Result<()> {
    let applied = applied(connection).await?;
    let is_applied = |version: &&str| applied.iter().any(|other| other == version);
    let missing = BEFORE_BASELINE.len()
        - BEFORE_BASELINE
            .iter()
            .filter(|version| is_applied(version))
            .count();
    let baseline = crate::versions()?;
    let baseline: Vec<&str> = baseline
        .iter()
        .map(String::as_str)
        .filter(|version| *version <= BASELINE)
        .collect();
    if missing == BEFORE_BASELINE.len() || baseline.iter().any(is_applied) {
        return Ok(());
    }
    if missing > 0 {
        bail!(
            "the schema of the database is unfinished: {missing} of the {} migrations before the baseline are missing. \
             If it belongs to `make run`, remove it: make clean-data. Else have the release before finish it, by its \
             `wildside migrate`, or dump the data and load them into a new database",
            BEFORE_BASELINE.len()
        );
    }
    tracing::info!("the schema is that of the baseline, and is taken for it");
    diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) SELECT unnest($1)")
        .bind::<Array<Text>, _>(baseline)
        .execute(connection)
        .await?;
    Ok(())
}

/// Versions that were applied to the database; none if it is new.
async fn applied(connection: &mut AsyncPgConnection) -> QueryResult<Vec<String>> {
    #[derive(QueryableByName)]
    struct Applied {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let ledger =
        diesel::dsl::sql::<Nullable<Text>>("to_regclass('__diesel_schema_migrations')::text");
    let ledger: Option<String> = diesel::select(ledger).get_result(connection).await?;
    if ledger.is_none() {
        return Ok(Vec::new());
    }
    let applied = diesel::sql_query("SELECT version::text FROM __diesel_schema_migrations");
    let applied: Vec<Applied> = applied.load(connection).await?;
    Ok(applied.into_iter().map(|applied| applied.version).collect())
}
