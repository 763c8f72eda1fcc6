//! `base_tile` against the base map of a real city: what is in which layer, from which zoom, how large, by which plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use geo_types::{Geometry, LineString};
use mvt_reader::feature::Feature;
use wildside_ingest::load::{Load, load};

use crate::tiles::database::Database;
use crate::tiles::mvt::{layers, text};

const EXTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ingest/data/helsinki.osm.pbf");
/// A tile of zoom 16 in the middle of the extract.
const MIDDLE: (i32, i32, i32) = (16, 37_309, 18_967);

impl Database {
    /// With the streets, green, water and buildings of the middle of Helsinki.
    pub(crate) async fn of_helsinki() -> Self {
        let database = Self::create().await;
        let helsinki = Load {
            file: Path::new(EXTRACT).to_owned(),
            name: "helsinki".to_owned(),
            source: "helsinki.osm.pbf".to_owned(),
            area: None,
            allow_shrink: false,
            allow_older: false,
            digest: "of the test".to_owned(),
        };
        load(&database.server.url(), helsinki, |_| ())
            .await
            .unwrap();
        database
    }

    /// The tiles of a zoom that the loaded area touches, decoded, with their size.
    async fn base_tiles(&self, z: i32) -> Vec<(usize, BTreeMap<String, Vec<Feature>>)> {
        let sql = "
            WITH corner AS (
                SELECT floor((ST_XMin(boundary) + 180) / 360 * 2 ^ $1::int)::int AS west,
                       floor((ST_XMax(boundary) + 180) / 360 * 2 ^ $1::int)::int AS east,
                       floor((1 - asinh(tan(radians(ST_YMax(boundary)))) / pi()) / 2 * 2 ^ $1::int)::int AS north,
                       floor((1 - asinh(tan(radians(ST_YMin(boundary)))) / pi()) / 2 * 2 ^ $1::int)::int AS south
                FROM areas
            )
            SELECT base_tile($1::int, x, y) FROM corner, generate_series(west, east) AS x, generate_series(north, south) AS y";
        let rows = self.client.query(sql, &[&z]).await.unwrap();
        let tiles = rows
            .iter()
            .filter_map(|row| row.get::<_, Option<Vec<u8>>>(0));
        tiles
            .map(|tile| (tile.len(), layers(tile).into_iter().collect()))
            .collect()
    }

    /// Features by layer of a tile in the middle, and the sizes of it and of the one sixteen times as wide.
    async fn middle(&self) -> (BTreeMap<String, usize>, [usize; 2]) {
        let (z, x, y) = MIDDLE;
        let sql = "SELECT base_tile($1, $2, $3)";
        let near: Vec<u8> = self.value(sql, &[&z, &x, &y]).await;
        let far: Vec<u8> = self.value(sql, &[&(z - 4), &(x >> 4), &(y >> 4)]).await;
        let sizes = [near.len(), far.len()];
        let count = |(name, features): (String, Vec<Feature>)| (name, features.len());
        (layers(near).into_iter().map(count).collect(), sizes)
    }

    async fn texts(&self, sql: &str) -> BTreeSet<String> {
        let rows = self.client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// Values of a property in a layer of several tiles.
fn values(
    tiles: &[(usize, BTreeMap<String, Vec<Feature>>)],
    layer: &str,
    property: &str,
) -> BTreeSet<String> {
    let features = tiles
        .iter()
        .flat_map(|(_, layers)| layers.get(layer).into_iter().flatten());
    let named =
        features.filter(|feature| feature.properties.as_ref().unwrap().contains_key(property));
    named
        .map(|feature| text(feature, property).to_owned())
        .collect()
}

#[tokio::test]
async fn everything_of_the_city_is_in_its_layer() {
    let database = Database::of_helsinki().await;
    let tiles = database.base_tiles(16).await;
    for (layer, classes) in [
        (
            "streets",
            "motorway trunk primary secondary tertiary street pedestrian service",
        ),
        ("paths", "path"),
        ("steps", "steps"),
        ("rails", "rail tram"),
        ("water", "water river stream"),
        ("buildings", "building"),
        ("parks", "park pitch grass cemetery beach"),
        ("woods", "wood"),
        ("squares", "square pier"),
        ("walls", "wall"),
    ] {
        let list = classes.replace(' ', "', '");
        let classes = database
            .texts(&format!(
                "SELECT class FROM base_lines WHERE class IN ('{list}') UNION SELECT class FROM base_areas WHERE class IN ('{list}')"
            ))
            .await;
        assert_eq!(values(&tiles, layer, "class"), classes, "{layer}");
    }
    let streets = "
        SELECT name FROM base_lines
        WHERE name IS NOT NULL AND class IN ('primary', 'secondary', 'tertiary', 'street', 'pedestrian', 'service')";
    assert_eq!(
        values(&tiles, "streets", "name"),
        database.texts(streets).await
    );
    assert!(values(&tiles, "streets", "name").contains("Unioninkatu"));
    let labels = database.texts("SELECT name FROM base_labels").await;
    assert_eq!(values(&tiles, "names", "name"), labels);
    assert!(labels.contains("Kluuvi"));
}

#[tokio::test]
async fn each_zoom_shows_what_is_worth_drawing_at_a_sensible_size() {
    let database = Database::of_helsinki().await;
    for z in 6..=16 {
        let tiles = database.base_tiles(z).await;
        let sql = format!(
            "SELECT DISTINCT class FROM base_lines
             WHERE min_zoom <= {z} AND class NOT IN ('path', 'steps', 'rail', 'tram', 'river', 'stream', 'coastline', 'pier', 'wall')"
        );
        assert_eq!(
            values(&tiles, "streets", "class"),
            database.texts(&sql).await,
            "zoom {z}"
        );
        assert!(
            !values(&tiles, "water", "class").is_empty(),
            "zoom {z}: the sea"
        );
        for (size, _) in tiles {
            assert!(size < 200_000, "zoom {z}: {size} bytes");
        }
    }
}

#[tokio::test]
async fn a_street_is_long_enough_for_its_name_where_names_are_first_written() {
    let database = Database::of_helsinki().await;
    let tiles = database.base_tiles(14).await;
    let streets = "
        SELECT name FROM base_lines
        WHERE name IS NOT NULL AND class IN ('primary', 'secondary', 'tertiary', 'street', 'pedestrian', 'service')";
    assert_eq!(
        values(&tiles, "streets", "name"),
        database.texts(streets).await
    );
    let streets = tiles.iter().flat_map(|(_, layers)| &layers["streets"]);
    let union_street = streets.filter(|street| {
        let properties = street.properties.as_ref().unwrap();
        properties.contains_key("name") && text(street, "name") == "Unioninkatu"
    });
    let lines = union_street.flat_map(|street| match &street.geometry {
        Geometry::LineString(line) => vec![line.clone()],
        Geometry::MultiLineString(lines) => lines.0.clone(),
        other => panic!("{other:?}"),
    });
    let height = |line: LineString<f32>| {
        let ends = [line.0[0], line.0[line.0.len() - 1]];
        (ends[0].y - ends[1].y).abs()
    };
    let highest = lines.map(height).fold(0.0, f32::max);
    assert!(highest > 2048.0, "{highest} of 4096");
}

#[tokio::test]
async fn what_two_areas_share_is_drawn_once() {
    let database = Database::of_helsinki().await;
    let (features, sizes) = database.middle().await;
    let sql = "
        INSERT INTO areas (name, boundary, source_digest) SELECT 'again', boundary, 'x' FROM areas;
        INSERT INTO base_lines SELECT b.id, osm_id, class, base_lines.name, min_zoom, geom
        FROM base_lines, areas b WHERE b.name = 'again';
        INSERT INTO base_overviews SELECT b.id, zoom, class, geom, base_overviews.name
        FROM base_overviews, areas b WHERE b.name = 'again';
        INSERT INTO base_areas SELECT b.id, osm_id, class, base_areas.name, min_zoom, geom, overview
        FROM base_areas, areas b WHERE b.name = 'again';
        INSERT INTO base_labels SELECT b.id, osm_id, class, base_labels.name, min_zoom, location
        FROM base_labels, areas b WHERE b.name = 'again';";
    database.client.batch_execute(sql).await.unwrap();
    let (features_again, sizes_again) = database.middle().await;
    assert_eq!(features_again, features);
    for (again, size) in sizes_again.into_iter().zip(sizes) {
        assert!(again * 10 < size * 11, "{again} bytes instead of {size}");
    }
}

#[tokio::test]
async fn the_plan_reads_by_the_spatial_indexes() {
    let database = Database::of_helsinki().await;
    // As large as a country would be: the same city, side by side.
    let sql = "
        INSERT INTO base_lines
        SELECT area_id, osm_id + n, class, name, min_zoom, ST_Translate(geom, n * 5000, 0)
        FROM base_lines, generate_series(1, 20) AS n;
        INSERT INTO base_overviews
        SELECT area_id, zoom, class, ST_Translate(geom, n * 5000, 0), name FROM base_overviews, generate_series(1, 20) AS n;
        INSERT INTO base_areas
        SELECT area_id, osm_id + n, class, name, min_zoom, ST_Translate(geom, n * 5000, 0), ST_Translate(overview, n * 5000, 0)
        FROM base_areas, generate_series(1, 20) AS n;
        INSERT INTO base_labels
        SELECT area_id, osm_id + n, class, name, min_zoom, ST_Translate(location, n * 500, 0)
        FROM base_labels, generate_series(1, 500) AS n;
        ANALYZE;";
    database.client.batch_execute(sql).await.unwrap();
    let (z, x, y) = MIDDLE;
    for (z, x, y, lines) in [
        (z, x, y, "base_lines"),
        (12, x >> 4, y >> 4, "base_overviews"),
    ] {
        let plans = database
            .plans(&format!("SELECT base_tile({z}, {x}, {y})"))
            .await;
        for table in [lines, "base_areas", "base_labels"] {
            assert!(
                !plans.contains(&format!("Seq Scan on {table}")),
                "zoom {z}: {plans}"
            );
            assert!(
                plans.contains(&format!("on {table}_"))
                    || plans.contains(&format!("using {table}_")),
                "zoom {z}: {plans}"
            );
        }
    }
}

#[tokio::test]
async fn a_tile_that_does_not_exist_is_empty() {
    let database = Database::of_helsinki().await;
    for (z, x, y) in [(14, -1, 0), (3, 8, 0), (-1, 0, 0), (40, 0, 0), (14, 1, 1)] {
        let tile: Option<Vec<u8>> = database
            .value("SELECT base_tile($1, $2, $3)", &[&z, &x, &y])
            .await;
        assert_eq!(tile, None, "{z}/{x}/{y}");
    }
}
