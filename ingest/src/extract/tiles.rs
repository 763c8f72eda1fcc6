//! Boxes by tile: which of them are around a position.

use rustc_hash::FxHashMap;

use super::nodes::Node;

/// Side of a tile in units of 10⁻⁷ degrees: some 200 m.
const TILE: i32 = 20_000;

/// Tiles that a box may extend in one direction, some 20 km; a larger one is around nothing.
const MOST_TILES: i32 = 100;

/// Numbered boxes.
#[derive(Debug, Default)]
pub(crate) struct Tiles {
    boxes: Vec<[i32; 4]>,
    by_tile: FxHashMap<(i32, i32), Vec<usize>>,
}

impl Tiles {
    /// Boxes of west, south, east and north, each with a margin of so many metres.
    pub(crate) fn new(boxes: impl Iterator<Item = [i32; 4]>, margin_metres: f64) -> Self {
        let mut tiles = Self::default();
        for (number, bounds) in boxes.enumerate() {
            let bounds = widen(bounds, margin_metres);
            let [west, south, east, north] = bounds.map(|at| at.div_euclid(TILE));
            if east - west <= MOST_TILES && north - south <= MOST_TILES {
                for tile in (west..=east).flat_map(|x| (south..=north).map(move |y| (x, y))) {
                    tiles.by_tile.entry(tile).or_default().push(number);
                }
            }
            tiles.boxes.push(bounds);
        }
        tiles
    }

    /// True if there is no box at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_tile.is_empty()
    }

    /// Numbers of the boxes around a position.
    pub(crate) fn around(&self, at: Node) -> impl Iterator<Item = usize> {
        let tile = (at.lon.div_euclid(TILE), at.lat.div_euclid(TILE));
        let near = self.by_tile.get(&tile).into_iter().flatten().copied();
        near.filter(move |number| {
            let [west, south, east, north] = self.boxes[*number];
            (west..=east).contains(&at.lon) && (south..=north).contains(&at.lat)
        })
    }
}

fn widen([west, south, east, north]: [i32; 4], metres: f64) -> [i32; 4] {
    let high = metres / Node::METRES;
    let latitude = f64::from(south / 2 + north / 2) * 1e-7;
    let wide = high / latitude.to_radians().cos().max(0.01);
    let (wide, high) = (wide as i32, high as i32);
    [
        west.saturating_sub(wide),
        south.saturating_sub(high),
        east.saturating_add(wide),
        north.saturating_add(high),
    ]
}
