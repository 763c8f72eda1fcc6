//! Databases of before the baseline: whole ones are taken over, unfinished ones refused.

use wildside::db::fitness::Fitness;
use wildside_migrations::BEFORE_BASELINE;
use wildside_test_support::PostgresServer;

use crate::migrations::{city, schema};

const COUNT: &str = "SELECT count(*) FROM __diesel_schema_migrations";

/// Names of the folders of the versions after the baseline, in order.
fn after_baseline() -> Vec<String> {
    let folders = std::fs::read_dir("migrations/versions").unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let mut later: Vec<String> = names
        .filter(|name| name.as_str() > "2026-12-02-001300_create_tiles")
        .collect();
    later.sort();
    later
}

/// A database as the older versions left it.
fn older(server: &PostgresServer) -> String {
    let url = server.create_migrated("city");
    for version in after_baseline().iter().rev() {
        let back = format!("migrations/versions/{version}/down.sql");
        server.sql("city", &std::fs::read_to_string(back).unwrap());
    }
    let versions = BEFORE_BASELINE.map(|version| format!("('{version}')"));
    let ledger = format!(
        "DELETE FROM __diesel_schema_migrations; INSERT INTO __diesel_schema_migrations (version) VALUES {};
         INSERT INTO users (username, display_name) VALUES ('ann', 'Ann')",
        versions.join(", ")
    );
    server.sql("city", &ledger);
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_database_of_before_is_taken_over() {
    let server = PostgresServer::start();
    let url = older(&server);
    let newest = schema(&server.create_migrated("newest"));
    for later in [after_baseline().len(), 0] {
        assert_eq!(city::migrate(&url).await.unwrap().len(), later);
        assert_eq!(schema(&url), newest);
        let all = BEFORE_BASELINE.len() + wildside_migrations::versions().unwrap().len();
        assert_eq!(server.sql("city", COUNT), all.to_string());
        let pool = wildside::db::pool(&url, 1);
        let fitness = Fitness::of(&mut pool.get().await.unwrap()).await;
        assert_eq!(fitness.unwrap(), Fitness::Fit { newer: 0 });
    }
    assert_eq!(server.sql("city", "SELECT username FROM users"), "ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_database_of_before_is_refused() {
    let server = PostgresServer::start();
    let url = older(&server);
    let forget = "DELETE FROM __diesel_schema_migrations WHERE version IN ('20261201700001', '20261201700002')";
    server.sql("city", forget);
    let (before, rows) = (schema(&url), server.sql("city", COUNT));
    let refused = city::migrate(&url).await.unwrap_err().to_string();
    assert!(refused.contains("2 of the 48 migrations"), "{refused}");
    assert!(refused.contains("make clean-data"), "{refused}");
    assert_eq!((schema(&url), server.sql("city", COUNT)), (before, rows));
}
