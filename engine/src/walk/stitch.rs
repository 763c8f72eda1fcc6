//! The streets between the stops.

use crate::routing::{Hop, Router, SearchGraph};

/// A tour with the way between each two of its places.
#[derive(Debug)]
pub(crate) struct Stitched {
    /// Places in order, from the start to the end.
    pub(crate) places: Vec<usize>,
    /// One way between each two places.
    pub(crate) legs: Vec<Vec<Hop>>,
}

/// Joins the stops by the shortest ways.
pub(crate) fn stitch(graph: &SearchGraph, tour: &[usize], end: usize) -> Stitched {
    let places: Vec<usize> = std::iter::once(0)
        .chain(tour.iter().copied())
        .chain([end])
        .collect();
    let mut router = Router::new(graph);
    let legs = places
        .windows(2)
        .map(|pair| {
            router
                .way(pair[0] as u32, pair[1] as u32, |_, link| link.cost)
                .unwrap_or_default()
        })
        .collect();
    Stitched { places, legs }
}
