//! Parks, cemeteries and the like that are closed at times: their ways are closed with them.

use std::sync::Arc;

use wildside_engine::Point;
use wildside_engine::hours::WayHours;
use wildside_engine::network::Edge;

use super::hours;
use super::nodes::Node;
use super::plane::is_inside;
use super::tiles::Tiles;
use super::walkable::WalkWay;

/// A park with more corners in its outline is not looked at: to compare each with all ways around takes long.
const MOST_CORNERS: usize = 10_000;

/// An area with hours.
#[derive(Debug)]
pub(crate) struct Park {
    rings: Vec<Vec<Node>>,
    hours: Arc<WayHours>,
}

impl Park {
    /// The park within closed rings; `None`: it has none, or too many corners.
    pub(crate) fn new(rings: Vec<Vec<Node>>, hours: Arc<WayHours>) -> Option<Self> {
        let corners: usize = rings.iter().map(Vec::len).sum();
        (4..=MOST_CORNERS)
            .contains(&corners)
            .then_some(Self { rings, hours })
    }

    fn contains(&self, at: Node) -> bool {
        let around = self.rings.iter().filter(|ring| is_inside(ring, at));
        around.count() % 2 == 1
    }
}

/// The areas with hours.
#[derive(Debug)]
pub(crate) struct Parks {
    all: Vec<Park>,
    tiles: Tiles,
}

impl Parks {
    pub(crate) fn new(all: Vec<Park>) -> Self {
        let bounds = all
            .iter()
            .map(|park| Node::bounds(park.rings.iter().flatten()));
        Self {
            tiles: Tiles::new(bounds, 0.0),
            all,
        }
    }

    /// Gives the edges of a way the hours of the parks that they are in, with the middle of one of their stretches at least: who
    /// comes in by the gate is in the park.
    pub(crate) fn shut(&self, edges: &mut [Edge], way: &WalkWay) {
        if self.all.is_empty() || !way.is_shut_with_park() {
            return;
        }
        for edge in edges {
            let mut around: Vec<usize> = middles(&edge.geometry)
                .flat_map(|at| self.tiles.around(at).map(move |park| (at, park)))
                .filter(|(at, park)| self.all[*park].contains(*at))
                .map(|(_, park)| park)
                .collect();
            around.sort_unstable();
            around.dedup();
            for park in around {
                hours::add(edge, Some(&self.all[park].hours));
            }
        }
    }
}

/// The middles of the straight stretches of a line.
fn middles(line: &[Point]) -> impl Iterator<Item = Node> {
    let middle = |pair: &[Point]| pair[0].towards(pair[1], 0.5);
    line.windows(2).map(middle).filter_map(Node::at)
}
