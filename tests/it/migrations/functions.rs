//! Functions of the database follow their files.

use std::path::Path;

use wildside_test_support::{PostgresServer, TestDatabase};

use crate::migrations::{city, schema};

/// Names and definitions of all functions.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/functions");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    });
    files.collect()
}

#[test]
fn each_file_has_one_function_of_its_name_and_a_body_that_is_right() {
    let database = TestDatabase::create();
    for (name, definition) in files() {
        let count = format!("SELECT count(*) FROM pg_proc WHERE proname = '{name}'");
        assert_eq!(database.sql(&count), "1", "{name}");
        let create = format!("CREATE OR REPLACE FUNCTION {name}(");
        assert_eq!(definition.matches("CREATE ").count(), 1, "{name}");
        assert!(definition.contains(&create), "{name}");
        // Bodies are looked at here, since all that they call is there.
        database.sql(&definition);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_made_as_its_file_says() {
    let server = PostgresServer::start();
    let url = server.create_migrated("city");
    let shipped = schema(&url);
    server.sql(
        "city",
        "CREATE OR REPLACE FUNCTION base_layer(class text) RETURNS text LANGUAGE sql AS 'SELECT class';
         DROP FUNCTION pois_in_cells;
         DROP FUNCTION poi_tile;
         CREATE FUNCTION poi_tile(z integer, x integer, y integer) RETURNS text LANGUAGE sql AS 'SELECT z::text';
         DROP FUNCTION tile_bounds;
         CREATE FUNCTION tile_bounds(z integer, y integer, x integer, margin double precision) RETURNS geometry
         LANGUAGE sql AS 'SELECT NULL::geometry'",
    );
    assert_ne!(schema(&url), shipped);
    assert_eq!(city::migrate(&url).await.unwrap(), Vec::<String>::new());
    assert_eq!(schema(&url), shipped);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_release_leaves_the_functions_of_a_newer_one() {
    let server = PostgresServer::start();
    let url = server.create_migrated("city");
    server.sql(
        "city",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000');
         DROP FUNCTION base_layer;
         CREATE FUNCTION base_layer(class text, zoom integer) RETURNS text LANGUAGE sql AS 'SELECT class'",
    );
    let newer = schema(&url);
    assert_eq!(city::migrate(&url).await.unwrap(), Vec::<String>::new());
    assert_eq!(schema(&url), newer);
}
