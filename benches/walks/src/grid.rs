//! A made-up city of blocks, for what real extracts are too small for.

use std::sync::Arc;

use wildside_engine::network::{Edge, Lit, WayClass};
use wildside_engine::places::{KindId, catalogue};
use wildside_engine::{Poi, Point};

use crate::city::City;
use crate::random::Random;

/// Width and height of a block in degrees: about 80 m by 120 m.
const BLOCK: (f64, f64) = (0.0010, 0.0011);
const CORNER: Point = Point::new(2.1, 41.4);

/// `size` × `size` junctions, every tenth street an avenue with a name and light, and places at random along them.
pub fn city(name: &str, size: i64, places: usize) -> City {
    let mut random = Random(7);
    let at = |row: i64, column: i64| {
        Point::new(
            CORNER.lon + BLOCK.0 * column as f64,
            CORNER.lat + BLOCK.1 * row as f64,
        )
    };
    let mut edges = Vec::new();
    for row in 0..size {
        for column in 0..size {
            for (way, (r, c)) in [(row, (row, column + 1)), (1000 + column, (row + 1, column))] {
                // A few blocks are closed.
                if r < size && c < size && random.below(12) > 0 {
                    let ends = (row * size + column, r * size + c);
                    edges.push(street(way, ends, vec![at(row, column), at(r, c)]));
                }
            }
        }
    }
    let extent = (size - 1) as f64;
    let pois = (0..places as i64)
        .map(|id| {
            let along = random.share() * extent;
            let line = random.below(size as usize) as f64;
            let (x, y) = if random.below(2) == 0 {
                (along, line + 0.1)
            } else {
                (line + 0.1, along)
            };
            poi(
                id,
                Point::new(CORNER.lon + BLOCK.0 * x, CORNER.lat + BLOCK.1 * y),
                &mut random,
            )
        })
        .collect();
    City::new(name, edges, pois)
}

fn street(way: i64, (from_node, to_node): (i64, i64), geometry: Vec<Point>) -> Edge {
    let avenue = way % 10 == 0;
    Edge {
        way_id: way,
        from_node,
        to_node,
        class: if avenue {
            WayClass::Secondary
        } else {
            WayClass::Residential
        },
        lit: if avenue { Lit::Yes } else { Lit::Unknown },
        surface: None,
        incline_percent: None,
        price_percent: Edge::FAIR_PRICE,
        hours: None,
        one_way: false,
        name: Some(Arc::from(format!("Street {way}"))),
        geometry,
    }
}

fn poi(id: i64, location: Point, random: &mut Random) -> Poi {
    let kind = random.below(catalogue().kinds().len());
    Poi {
        id,
        location,
        kind: KindId(kind as u16),
        themes: catalogue().kinds()[kind].themes.clone(),
        popularity: random.share() as f32,
        hours: None,
    }
}
