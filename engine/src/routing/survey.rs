//! Times and ways between any positions, without choosing stops.

use super::{Hierarchy, Hop, Matrix, Profile, Reach, Router, SearchGraph};
use crate::geo::Point;
use crate::network::{Network, Snap, TICKS_PER_SECOND};
use crate::walk::limits::METRES_TO_STREET;
use crate::walk::{Accessibility, Pace};

/// The streets between some positions, ready to be asked for times and ways.
#[derive(Debug)]
pub struct Survey {
    graph: SearchGraph,
    limit_ticks: u32,
}

impl Survey {
    /// Surveys the streets between `positions`, as far as `limit_seconds` of walking from the first and back to it go.
    ///
    /// `None`: one of them is further than [`METRES_TO_STREET`] from any street that can be reached in this time.
    pub fn new(
        network: &Network,
        wishes: Accessibility,
        positions: &[Point],
        limit_seconds: u32,
    ) -> Option<Self> {
        let profile = Profile::new(wishes, Pace::default());
        let limit_ticks = limit_seconds.saturating_mul(TICKS_PER_SECOND);
        let origin = network.nearest(*positions.first()?, METRES_TO_STREET, |_| true)?;
        let reach = Reach::explore(network, profile, origin, limit_ticks / 2);
        let snap = |&point: &Point| {
            network.nearest(point, METRES_TO_STREET, |edge| reach.touches(network, edge))
        };
        let places = positions.iter().map(snap).collect::<Option<Vec<Snap>>>()?;
        let graph = SearchGraph::build(network, profile, &reach, &places, |_| true);
        Some(Self { graph, limit_ticks })
    }

    /// Puts the streets in an order by which times and ways are found.
    pub fn ways(&self) -> Ways<'_> {
        Ways {
            hierarchy: Hierarchy::of(&self.graph),
            limit_ticks: self.limit_ticks,
        }
    }

    /// Count of nodes and links that were kept.
    pub fn size(&self) -> (usize, usize) {
        (self.graph.node_count(), self.graph.links().len())
    }
}

/// Times and ways between the positions of a [`Survey`].
#[derive(Debug)]
pub struct Ways<'a> {
    hierarchy: Hierarchy<'a>,
    limit_ticks: u32,
}

impl Ways<'_> {
    /// Walking times between all pairs of positions.
    pub fn times(&self) -> Matrix {
        Matrix::compute(&self.hierarchy, self.limit_ticks, 0)
    }

    /// Metres of the cheapest way through the positions with these numbers, in order; `None`: there is no way.
    pub fn metres_through(&self, numbers: &[usize]) -> Option<f64> {
        let links = self.hierarchy.graph().links();
        let mut router = Router::new(&self.hierarchy);
        let mut metres = 0.0;
        for pair in numbers.windows(2) {
            let way: Vec<Hop> = router.way(pair[0] as u32, pair[1] as u32, |_, link| link.cost)?;
            metres += way
                .iter()
                .map(|hop| f64::from(links[hop.link as usize].metres))
                .sum::<f64>();
        }
        Some(metres)
    }
}
