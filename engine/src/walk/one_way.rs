//! Streets for one direction only.
//!
//! Tours are planned as if they led both ways, which no walk is longer for; what that promises and a street denies is mended afterwards.

use super::plan::{Plan, Planner};
use super::stitch::{Stitched, Stitcher};
use super::{NoWalk, Walk};
use crate::network::{EdgeId, Network};
use crate::routing::Hop;

/// Walks that are made anew because one leads over a street the wrong way; the last is without all streets for one direction.
const MOST_TRIES: usize = 3;

/// Makes a walk that uses each street in its direction.
///
/// `make` gives a walk and the streets that it uses against their direction. As long as there are any, it is made anew without these.
pub(super) fn in_direction(
    network: &Network,
    make: impl Fn(&Network) -> Result<(Walk, Vec<EdgeId>), NoWalk>,
) -> Result<Walk, NoWalk> {
    let (walk, mut against) = make(network)?;
    if against.is_empty() {
        return Ok(walk);
    }
    let mut streets = network.clone();
    for _ in 1..MOST_TRIES {
        streets = streets.without(against);
        let walk;
        (walk, against) = make(&streets)?;
        if against.is_empty() {
            return Ok(walk);
        }
    }
    let one_ways = streets.one_ways();
    make(&streets.without(one_ways)).map(|(walk, _)| walk)
}

impl Planner<'_> {
    /// The plan with legs that use each street in its direction, a round walk the other way round where that is shorter. As it was,
    /// where there are no such legs or they take too long.
    pub(super) fn in_direction(&mut self, plan: Plan) -> Plan {
        if self.stitcher.is_in_direction(&plan.tour) {
            return plan;
        }
        let allowance = self.walking_allowance(&plan.tour.places).unwrap_or(0);
        let mut tours = vec![plan.tour.clone()];
        if self.problem.is_round_trip() {
            tours.push(plan.tour.reversed());
        }
        let mended = tours
            .into_iter()
            .filter_map(|tour| self.stitcher.redirected(tour))
            .filter(|tour| tour.walking_seconds() <= allowance)
            .min_by_key(Stitched::walking_seconds);
        match mended {
            Some(tour) => Plan { tour, ..plan },
            None => plan,
        }
    }
}

impl Stitcher<'_> {
    fn is_in_direction(&self, tour: &Stitched) -> bool {
        tour.legs.iter().all(|leg| self.leads_in_direction(leg))
    }

    fn leads_in_direction(&self, leg: &[Hop]) -> bool {
        !leg.iter().any(|&hop| self.graph.is_against(hop))
    }

    /// The tour with other ways where it uses a street against its direction; `None`: there are none.
    fn redirected(&mut self, mut tour: Stitched) -> Option<Stitched> {
        for leg in 0..tour.legs.len() {
            if !self.leads_in_direction(&tour.legs[leg]) {
                let (from, to) = (tour.nodes[leg], tour.nodes[leg + 1]);
                tour.legs[leg] = self.router.way_in_direction(from, to)?;
                tour.seconds[leg] = self.seconds(&tour.legs[leg]);
            }
        }
        Some(tour)
    }
}

impl Stitched {
    /// Tour along the same ways from the end to the start.
    fn reversed(&self) -> Self {
        let back = |leg: &Vec<Hop>| leg.iter().rev().map(|hop| hop.reversed()).collect();
        Self {
            places: self.places.iter().rev().copied().collect(),
            nodes: self.nodes.iter().rev().copied().collect(),
            legs: self.legs.iter().rev().map(back).collect(),
            seconds: self.seconds.iter().rev().copied().collect(),
        }
    }
}
