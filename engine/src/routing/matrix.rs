//! Matrix of walking times between all places of a request (many-to-many).

use super::hierarchy::{Climb, Hierarchy};
use crate::network::TICKS_PER_SECOND;

/// Walking times in whole seconds, rounded up, between numbered places; the same in both directions.
#[derive(Debug, Clone)]
pub struct Matrix {
    places: usize,
    seconds: Vec<u32>,
}

impl Matrix {
    /// The time of a pair that no walk within the budget can hold.
    pub const TOO_FAR: u32 = u32::MAX;

    /// Times between all pairs that fit into a walk of `budget` ticks from place 0 to place `end`.
    pub(crate) fn compute(hierarchy: &Hierarchy<'_>, budget: u32, end: usize) -> Self {
        let places = hierarchy.graph().places();
        let climbs: Vec<Climb> = (0..places)
            .map(|place| hierarchy.climb(place as u32))
            .collect();
        let [from_start, to_end] = [0, end].map(|place| -> Vec<u32> {
            let ticks_to = |other| climbs[place].ticks_to(other);
            climbs.iter().map(ticks_to).collect()
        });
        let mut matrix = Self {
            places,
            seconds: vec![Self::TOO_FAR; places * places],
        };
        for place in 0..places {
            matrix.seconds[place * places + place] = 0;
            for other in place + 1..places {
                let ticks = climbs[place].ticks_to(&climbs[other]);
                let there = from_start[place].saturating_add(to_end[other]);
                let back = from_start[other].saturating_add(to_end[place]);
                if ticks.saturating_add(there.min(back)) <= budget {
                    matrix.set(place, other, ticks.div_ceil(TICKS_PER_SECOND));
                }
            }
        }
        matrix
    }

    fn set(&mut self, a: usize, b: usize, seconds: u32) {
        self.seconds[a * self.places + b] = seconds;
        self.seconds[b * self.places + a] = seconds;
    }

    /// Seconds from one place to another; [`Self::TOO_FAR`] where no walk can hold the pair.
    pub fn seconds(&self, from: usize, to: usize) -> u32 {
        self.seconds[from * self.places + to]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Matrix;
    use crate::network::TICKS_PER_SECOND;
    use crate::routing::Hierarchy;
    use crate::routing::graph::{Link, SearchGraph};

    fn link(ends: [u32; 2], ticks: u32) -> Link {
        Link {
            ends,
            cost: ticks,
            ticks,
            metres: 0.0,
            dull: 0,
            first_piece: 0,
            piece_count: 0,
        }
    }

    /// Shortest ticks between all nodes (Floyd 1962).
    fn all_ticks(nodes: usize, links: &[Link]) -> Vec<Vec<u32>> {
        let mut ticks = vec![vec![u32::MAX; nodes]; nodes];
        (0..nodes).for_each(|node| ticks[node][node] = 0);
        for link in links {
            let [a, b] = link.ends.map(|end| end as usize);
            ticks[a][b] = ticks[a][b].min(link.ticks);
            ticks[b][a] = ticks[a][b];
        }
        for via in 0..nodes {
            for from in 0..nodes {
                for to in 0..nodes {
                    let around = ticks[from][via].saturating_add(ticks[via][to]);
                    ticks[from][to] = ticks[from][to].min(around);
                }
            }
        }
        ticks
    }

    proptest! {
        #[test]
        fn times_are_those_of_the_shortest_ways_that_fit(
            nodes in 2_usize..30,
            places in 1_usize..8,
            ends_elsewhere: bool,
            budget in 0_u32..20_000,
            ways in prop::collection::vec((0_u32..30, 0_u32..30, 1_u32..5000), 0..80),
        ) {
            let places = places.min(nodes);
            let links: Vec<Link> = ways
                .into_iter()
                .map(|(a, b, ticks)| link([a % nodes as u32, b % nodes as u32], ticks))
                .filter(|link| link.ends[0] != link.ends[1])
                .collect();
            let end = if ends_elsewhere { places - 1 } else { 0 };
            let ticks = all_ticks(nodes, &links);
            let graph = SearchGraph::from_links(places, nodes, links, std::iter::empty());
            let matrix = Matrix::compute(&Hierarchy::of(&graph), budget, end);
            for (a, b) in (0..places).flat_map(|a| (0..places).map(move |b| (a, b))) {
                let walk = |first: usize, last: usize| {
                    ticks[0][first].saturating_add(ticks[a][b]).saturating_add(ticks[last][end])
                };
                let expected = if a == b {
                    0
                } else if walk(a, b).min(walk(b, a)) <= budget {
                    ticks[a][b].div_ceil(TICKS_PER_SECOND)
                } else {
                    Matrix::TOO_FAR
                };
                prop_assert_eq!(matrix.seconds(a, b), expected);
            }
        }
    }
}
