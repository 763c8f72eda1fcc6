use std::f64::consts::PI;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Address of a tile.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Tile {
    pub(crate) source: &'static str,
    pub(crate) z: u32,
    pub(crate) x: u32,
    pub(crate) y: u32,
}

/// Views at each zoom.
pub(crate) const VIEWS_PER_ZOOM: usize = 4;

/// One person's way over the map: from the whole country down to the street, at each zoom some steps aside.
/// Each view is the tiles on the screen, three by two.
pub(crate) fn walk(seed: u64, bounds: [f64; 4]) -> Vec<Vec<Tile>> {
    let mut random = StdRng::seed_from_u64(seed);
    let [west, north, east, south] = bounds;
    let (mut longitude, mut latitude) = (
        random.random_range(west..east),
        random.random_range(south..north),
    );
    let mut views = Vec::new();
    for z in 6..=16 {
        for _ in 0..VIEWS_PER_ZOOM {
            views.push(view(z, longitude, latitude));
            let screen = 360.0 / f64::from(1 << z);
            longitude = (longitude + screen * random.random_range(-1.0..1.0)).clamp(west, east);
            latitude =
                (latitude + 0.5 * screen * random.random_range(-1.0..1.0)).clamp(south, north);
        }
    }
    views
}

fn view(z: u32, longitude: f64, latitude: f64) -> Vec<Tile> {
    let tiles = f64::from(1 << z);
    let x = ((longitude + 180.0) / 360.0 * tiles) as u32;
    let y = ((1.0 - latitude.to_radians().tan().asinh() / PI) / 2.0 * tiles) as u32;
    let mut view = Vec::new();
    for (source, lowest) in [("base", 6), ("pois", 10), ("routes", 6)] {
        if z < lowest {
            continue;
        }
        for (dx, dy) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)] {
            let (x, y) = (x + dx - 1, y + dy);
            view.push(Tile { source, z, x, y });
        }
    }
    view
}
