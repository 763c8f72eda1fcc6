use std::path::Path;

use chrono::Utc;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use wildside_ingest::load::{Load, load};

use crate::view::Tile;

const EXTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ingest/data/helsinki.osm.pbf");
const SECRET: &[u8] = b"a key for one run of this measurement";

/// Copies of everything, `wide` and `high` web-mercator metres apart.
const COPIES: &str = "
    CREATE TEMPORARY TABLE step AS
    SELECT row_number() OVER () AS n, (ST_XMax(box) - ST_XMin(box)) * east AS dx, (ST_YMax(box) - ST_YMin(box)) * north AS dy
    FROM (SELECT ST_Envelope(ST_Transform(boundary, 3857)) AS box FROM areas) AS area,
         generate_series(-4, 4) AS east, generate_series(-4, 4) AS north
    WHERE (east, north) <> (0, 0);
    INSERT INTO pois (id, location, osm_tags, name, kind, popularity_score, area_id)
    SELECT id + n * 1000000000000,
           ST_Transform(ST_Translate(ST_Transform(location::geometry, 3857), dx, dy), 4326)::geography,
           osm_tags, name, kind, popularity_score, area_id
    FROM pois, step;
    INSERT INTO poi_interest_themes
    SELECT poi_id + n * 1000000000000, theme_id, weight FROM poi_interest_themes, step;
    INSERT INTO base_lines
    SELECT area_id, osm_id + n * 1000000000000, class, name, min_zoom, ST_Translate(geom, dx, dy)
    FROM base_lines, step;
    INSERT INTO base_overviews
    SELECT area_id, zoom, class, ST_Translate(geom, dx, dy), name FROM base_overviews, step;
    INSERT INTO base_areas
    SELECT area_id, osm_id + n * 1000000000000, class, name, min_zoom, ST_Translate(geom, dx, dy), ST_Translate(overview, dx, dy)
    FROM base_areas, step;
    INSERT INTO base_labels
    SELECT area_id, osm_id + n * 1000000000000, class, name, min_zoom, ST_Translate(location, dx, dy)
    FROM base_labels, step;";

/// A walk of some ten kilometres across the middle, with twenty stops.
const WALK: &str = "
    INSERT INTO routes (path, distance_metres, duration_seconds, score, details)
    SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(24.944 + 0.03 * cos(i / 300.0), 60.171 + 0.015 * sin(i / 200.0)) ORDER BY i), 4326),
           10000, 10800, 1, '{}'
    FROM generate_series(0, 2000) AS i;
    INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds)
    SELECT r.id, p.id, n, 500 * n, 120
    FROM routes r,
         (SELECT id, row_number() OVER (ORDER BY location <-> 'POINT(24.944 60.171)'::geography) AS n FROM pois LIMIT 20) AS p;";

/// A large city in the database, and a walk in it.
pub(crate) struct City {
    /// West, north, east and south in degrees.
    pub(crate) bounds: [f64; 4],
    route: Uuid,
    token: String,
}

impl City {
    pub(crate) async fn build(url: &str) -> Self {
        let extract = Load {
            file: Path::new(EXTRACT).to_owned(),
            name: "helsinki".to_owned(),
            source: "helsinki.osm.pbf".to_owned(),
            area: None,
            allow_shrink: false,
            allow_older: false,
            digest: "of this measurement".to_owned(),
        };
        load(url, extract, |_| ()).await.unwrap();
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(COPIES).await.unwrap();
        client.batch_execute(WALK).await.unwrap();
        client.batch_execute("VACUUM ANALYZE").await.unwrap();
        let key = "INSERT INTO tile_token_keys (secret) VALUES ($1)";
        client.execute(key, &[&SECRET]).await.unwrap();
        Self::look_up(&client).await
    }

    /// Path of a tile, under the address of all tiles.
    pub(crate) fn path(&self, tile: &Tile) -> String {
        let Tile { source, z, x, y } = tile;
        match *source {
            "routes" => format!("routes/{}/{z}/{x}/{y}.pbf?token={}", self.route, self.token),
            source => format!("{source}/{z}/{x}/{y}.pbf"),
        }
    }

    async fn look_up(client: &Client) -> Self {
        let sql = "
            SELECT ST_XMin(box), ST_YMax(box), ST_XMax(box), ST_YMin(box), (SELECT id FROM routes)
            FROM (SELECT ST_Extent(location::geometry) AS box FROM pois) AS all_pois";
        let row = client.query_one(sql, &[]).await.unwrap();
        let route = row.get(4);
        Self {
            bounds: [row.get(0), row.get(1), row.get(2), row.get(3)],
            route,
            token: wildside::walks::tile_tokens::sign(SECRET, route, Utc::now()).unwrap(),
        }
    }
}
