//! Place of the walks, and the walk that takes no time to find.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use wildside_engine::network::{Network, WayClass};
use wildside_engine::walk::{Fit, Leg, Light, Maneuver, Step, Stop};
use wildside_engine::{NoWalk, Poi, Point, Walk, WalkRequest};
use wildside_ingest::digest::digest;
use wildside_ingest::load::{Load, load};
use wildside_test_support::{PostgresServer, TestRedis, street};

use crate::walker::Wish;

const DATABASE: &str = "chain";
/// Segments of the write-ahead log that there are to use again, as in a server that has been running for some minutes.
/// Else all commits wait now and then until a new one has been filled with 16 MB of zeros and synced.
const WAL_SEGMENTS: usize = 5;
/// As shipped: what is committed has reached the disk.
const DURABLE: [&str; 5] = [
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "autovacuum=on",
    "shared_buffers=128MB",
];
/// A short street.
const STREET: &str = "LINESTRING(7.42 43.73, 7.422 43.73)";
/// Eight places along it.
const PLACES: &str = "
    INSERT INTO pois (id, location, name, kind, osm_tags)
    SELECT n, ST_Point(7.42 + n * 0.0002, 43.7301), 'Place ' || n, 'cafe', '{}' FROM generate_series(1, 8) AS n;
    INSERT INTO poi_interest_themes (poi_id, theme_id, weight)
    SELECT n, (SELECT id FROM interest_themes ORDER BY id LIMIT 1), 1 FROM generate_series(1, 8) AS n;";

/// A city in a PostgreSQL server, and a Redis.
pub(crate) struct Place {
    pub(crate) postgres: PostgresServer,
    pub(crate) redis: TestRedis,
    pub(crate) database_url: String,
}

impl Place {
    fn nowhere(folder: &Path) -> Self {
        let postgres = PostgresServer::start_in(folder, &DURABLE);
        let database_url = postgres.create_migrated(DATABASE);
        settle(&postgres);
        Self {
            database_url,
            postgres,
            redis: TestRedis::start(),
        }
    }

    /// So little to look at that what is measured is the chain.
    pub(crate) fn street(folder: &Path) -> Self {
        let place = Self::nowhere(folder);
        place.postgres.sql(DATABASE, &street(STREET));
        place.postgres.sql(DATABASE, PLACES);
        place
    }

    /// The centre of Helsinki.
    pub(crate) async fn helsinki(folder: &Path) -> Self {
        let place = Self::nowhere(folder);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("ingest/data/helsinki.osm.pbf");
        let extract = Load {
            digest: digest(&file, None).unwrap(),
            source: "helsinki.osm.pbf".into(),
            file,
            name: "helsinki".into(),
            area: None,
            allow_shrink: false,
            allow_older: false,
        };
        load(&place.database_url, extract, |_| {}).await.unwrap();
        place
    }
}

/// Leaves the server as one that is in service: its files are on the disk, and it has [`WAL_SEGMENTS`].
fn settle(postgres: &PostgresServer) {
    for _ in 0..WAL_SEGMENTS {
        postgres.sql(
            DATABASE,
            "SELECT pg_create_restore_point('fill'), pg_switch_wal()",
        );
    }
    postgres.sql(DATABASE, "CHECKPOINT");
    assert!(Command::new("sync").status().unwrap().success());
}

/// A wish like no other, so that the cache answers none.
pub(crate) fn street_wish(number: usize) -> Wish {
    const DURATIONS: usize = 166;
    let position = number / DURATIONS;
    let (east, north) = ((position % 160) as f64, (position / 160) as f64);
    Wish {
        start: [7.4202 + east * 1e-5, 43.73 + north * 1e-5],
        minutes: 15 + (number % DURATIONS) as u32,
    }
}

/// An hour from somewhere in the centre.
pub(crate) fn helsinki_wish(number: usize) -> Wish {
    let (east, north) = ((number % 8) as f64, (number / 8) as f64);
    Wish {
        start: [24.938 + east * 0.002, 60.166 + north * 0.0008],
        minutes: 60,
    }
}

/// A walk of the usual size: a hundred points, eight stops, an instruction for each leg.
#[expect(clippy::unnecessary_wraps, reason = "the signature of an engine")]
pub(crate) fn instant_walk(
    request: &WalkRequest,
    pois: &[Poi],
    _: &Network,
    _: Instant,
) -> Result<Walk, NoWalk> {
    let Point { lon, lat } = request.start;
    let path = (0..100).map(|n| Point::new(lon + f64::from(n) * 1e-5, lat));
    let stops = pois.iter().zip(1..).map(|(poi, number)| Stop {
        poi_id: poi.id,
        arrive_after_seconds: number * 90,
        visit_seconds: 10,
        matches: true,
        reason: None,
        opening: None,
    });
    Ok(Walk {
        path: path.collect(),
        distance_metres: 160.0,
        duration_seconds: 900,
        score: 8.0,
        stops: stops.collect(),
        legs: (0..=pois.len()).map(leg).collect(),
        stairs_metres: 0.0,
        light: Light::default(),
        repeated_metres: 0.0,
        start: wildside_engine::walk::Gap::default(),
        end: wildside_engine::walk::Gap::default(),
        fit: Fit::default(),
        same_for: None,
    })
}

fn leg(number: usize) -> Leg {
    let path_start = number * 10;
    Leg {
        path_start,
        distance_metres: 16.0,
        duration_seconds: 12,
        steps: vec![Step {
            maneuver: Maneuver::Depart,
            street: Some("Rue Grimaldi".to_owned()),
            way: WayClass::Residential,
            distance_metres: 16.0,
            duration_seconds: 12,
            bearing_before: None,
            bearing_after: Some(45),
            path_start,
        }],
    }
}
