//! The streets between the stops: the shortest while there are stops to make, and nicer ones in what time is left over.

use super::variant::Esteem;
use crate::network::TICKS_PER_SECOND;
use crate::routing::{Hierarchy, Hop, Label, Link, Profile, Router, SearchGraph};

/// Price of walking the same ground again, and ground without appeal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dislike {
    /// Quarters of a street's own cost that walking it again adds.
    repeat: u32,
    /// Ticks not to turn round on the spot.
    pub(super) turn: u32,
    /// Quarters of a street's dull time that walking it adds.
    dull: u32,
}

/// While further stops may need the time.
pub(super) const BUSY: Dislike = Dislike {
    repeat: 3 * 4,
    turn: 1200,
    dull: 0,
};

/// Price when no stop fits into what time is left.
pub(super) const AT_LEISURE: Dislike = Dislike {
    repeat: 15 * 4,
    turn: 6000,
    dull: 2,
};

impl Dislike {
    fn halved(self) -> Self {
        Self {
            repeat: self.repeat / 2,
            turn: self.turn / 2,
            dull: self.dull / 2,
        }
    }
}

/// Times the legs are looked at again, each against all others.
const MAX_PASSES: usize = 4;

/// A tour with the way between each two of its places.
#[derive(Debug, Clone)]
pub(crate) struct Stitched {
    /// Places in order, from the start to the end.
    pub(crate) places: Vec<usize>,
    /// Node at which each of them is visited: at the place itself, or at a corner near it.
    pub(crate) nodes: Vec<u32>,
    /// One way between each two places.
    pub(crate) legs: Vec<Vec<Hop>>,
    /// Seconds of each leg.
    pub(crate) seconds: Vec<u32>,
}

impl Stitched {
    pub(crate) fn walking_seconds(&self) -> u32 {
        self.seconds.iter().sum()
    }
}

/// Finds ways between stops; keeps its memory from tour to tour.
#[derive(Debug)]
pub(crate) struct Stitcher<'a> {
    pub(super) graph: &'a SearchGraph,
    pub(super) router: Router<'a>,
    /// Searches from the other end of a leg.
    pub(super) from_end: Router<'a>,
    /// Count of the legs that use each link.
    pub(super) uses: Vec<u16>,
    /// Metres from the corner at which each place may be visited.
    aside: Vec<f32>,
    /// Links that are the only way to what lies behind them, if these matter.
    pub(super) bridges: Vec<bool>,
    /// Links that are known from earlier walks, and in what esteem they are held.
    pub(super) known: Vec<bool>,
    pub(super) esteem: Esteem,
}

impl<'a> Stitcher<'a> {
    /// `aside`: for each place, how many metres up a side street it may be and is still visited from the corner.
    pub(crate) fn new(hierarchy: &'a Hierarchy<'a>, aside: Vec<f32>) -> Self {
        let graph = hierarchy.graph();
        Self {
            graph,
            router: Router::new(hierarchy),
            from_end: Router::new(hierarchy),
            uses: vec![0; graph.links().len()],
            aside,
            bridges: vec![],
            known: vec![],
            esteem: Esteem::FULL,
        }
    }

    /// Joins places by ways that take at most `allowance` seconds together and repeat little.
    ///
    /// Begins with the shortest ways, without those up a side street and back. Then each leg in turn is found anew, where
    /// links that other legs use cost more, and kept if the time allows, until nothing changes. `None`: even the shortest
    /// ways take too long.
    pub(crate) fn stitch(&mut self, places: &[usize], allowance: u32) -> Option<Stitched> {
        let mut tour = self.shortest(places)?;
        self.step_aside(&mut tour);
        let spare = allowance.checked_sub(tour.walking_seconds())?;
        self.reroute_all(&mut tour, spare, BUSY);
        Some(tour)
    }

    /// Spends `spare` seconds on repeating less.
    pub(crate) fn loosen(&mut self, tour: &mut Stitched, spare: u32) {
        self.reroute_all(tour, spare, AT_LEISURE);
    }

    fn reroute_all(&mut self, tour: &mut Stitched, mut spare: u32, dislike: Dislike) {
        self.count_all(tour);
        for _ in 0..MAX_PASSES {
            let mut changed = false;
            for leg in 0..tour.legs.len() {
                changed |= self.reroute(tour, leg, &mut spare, dislike);
            }
            if !changed {
                break;
            }
        }
        self.step_aside(tour);
    }

    /// Visits those stops from the corner to which the way leads a little up a side street and back again.
    fn step_aside(&mut self, tour: &mut Stitched) {
        let last = tour.places.len() - 1;
        for stop in 1..last {
            let (arrival, departure) = (&tour.legs[stop - 1], &tour.legs[stop]);
            let hops = there_and_back(arrival, departure);
            let metres: f32 = departure[..hops]
                .iter()
                .map(|hop| self.graph.links()[hop.link as usize].metres)
                .sum();
            // At least the start and the end are left.
            let leads_on =
                (stop > 1 || hops < arrival.len()) && (stop + 1 < last || hops < departure.len());
            if hops == 0 || !leads_on || metres > self.aside[tour.places[stop]] {
                continue;
            }
            tour.nodes[stop] = self.graph.head(departure[hops - 1]);
            tour.legs[stop].drain(..hops);
            let kept = tour.legs[stop - 1].len() - hops;
            tour.legs[stop - 1].truncate(kept);
            for leg in [stop - 1, stop] {
                tour.seconds[leg] = self.seconds(&tour.legs[leg]);
            }
        }
    }

    /// Joins places by the shortest ways. `None`: there are none.
    pub(crate) fn shortest(&mut self, places: &[usize]) -> Option<Stitched> {
        let legs = places
            .windows(2)
            .map(|pair| {
                self.router
                    .way(pair[0] as u32, pair[1] as u32, |_, link| link.cost)
            })
            .collect::<Option<Vec<_>>>()?;
        let seconds = legs.iter().map(|leg| self.seconds(leg)).collect();
        Some(Stitched {
            places: places.to_vec(),
            nodes: places.iter().map(|&place| place as u32).collect(),
            legs,
            seconds,
        })
    }

    fn reroute(
        &mut self,
        tour: &mut Stitched,
        leg: usize,
        spare: &mut u32,
        dislike: Dislike,
    ) -> bool {
        self.count(&tour.legs[leg], -1);
        let most = tour.seconds[leg] + *spare;
        let better = self.better_way(tour, leg, most, dislike);
        let changed = better.is_some();
        if let Some(way) = better {
            tour.seconds[leg] = self.seconds(&way);
            tour.legs[leg] = way;
            *spare = most - tour.seconds[leg];
        }
        self.count(&tour.legs[leg], 1);
        changed
    }

    /// A way for a leg that is cheaper than the one it has, and takes at most `most` seconds.
    ///
    /// As long as the cheapest way takes more, another one is found for half the dislike, which is a multiplier in the
    /// sense of Lagrange (Handler and Zang 1980): less is walked twice even where not all of it can be spared.
    fn better_way(
        &mut self,
        tour: &Stitched,
        leg: usize,
        most: u32,
        dislike: Dislike,
    ) -> Option<Vec<Hop>> {
        let (from, to) = (tour.nodes[leg], tour.nodes[leg + 1]);
        let price_in_full = price(&self.uses, tour, leg, dislike);
        let now = self.cost(&tour.legs[leg], &price_in_full);
        let mut weighed = dislike;
        while weighed.repeat > 0 {
            let price = price(&self.uses, tour, leg, weighed);
            let way = self.router.way(from, to, price)?;
            if self.cost(&way, &price_in_full) >= now {
                return None;
            }
            if self.seconds(&way) <= most {
                return Some(way);
            }
            weighed = weighed.halved();
        }
        None
    }

    /// Test that no leg takes stairs which the walker avoids and which another way between its ends spares.
    pub(super) fn spares_stairs(&mut self, tour: &Stitched, profile: Profile) -> bool {
        let stairs = |cost| profile.stairs_avoided(Label { cost, ticks: 0 });
        let ends = tour.nodes.windows(2).map(|ends| (ends[0], ends[1]));
        ends.zip(&tour.legs).all(|((from, to), leg)| {
            let taken = stairs(self.cost(leg, |_, link| link.cost));
            taken == 0 || {
                let least = self.router.way(from, to, |_, link| link.cost);
                let least = self.cost(&least.unwrap_or_default(), |_, link| link.cost);
                taken <= stairs(least)
            }
        })
    }

    fn cost(&self, way: &[Hop], price: impl Fn(u32, &Link) -> u32) -> u32 {
        way.iter()
            .map(|hop| price(hop.link, &self.graph.links()[hop.link as usize]))
            .fold(0, u32::saturating_add)
    }

    pub(super) fn count(&mut self, leg: &[Hop], change: i16) {
        for hop in leg {
            let uses = &mut self.uses[hop.link as usize];
            *uses = uses.saturating_add_signed(change);
        }
    }

    pub(super) fn seconds(&self, leg: &[Hop]) -> u32 {
        leg.iter()
            .map(|hop| self.graph.links()[hop.link as usize].ticks)
            .sum::<u32>()
            .div_ceil(TICKS_PER_SECOND)
    }
}

/// Prices of the links for a leg when the other legs use some of them.
pub(super) fn price(
    uses: &[u16],
    tour: &Stitched,
    leg: usize,
    dislike: Dislike,
) -> impl Fn(u32, &Link) -> u32 {
    let arrival = tour.legs[..leg].iter().flatten().next_back();
    let departure = tour.legs[leg + 1..].iter().flatten().next();
    let turns = [arrival, departure].map(|hop| hop.map_or(u32::MAX, |hop| hop.link));
    move |number, link| {
        let dull = link.dull / 4 * dislike.dull;
        if uses[number as usize] == 0 {
            return link.cost.saturating_add(dull);
        }
        let turn = if turns.contains(&number) {
            dislike.turn
        } else {
            0
        };
        let repeated = u64::from(link.cost) * u64::from(4 + dislike.repeat) / 4;
        u32::try_from(repeated)
            .unwrap_or(u32::MAX)
            .saturating_add(turn)
            .saturating_add(dull)
    }
}

/// Count of the hops at the end of a leg that the next one goes back.
pub(super) fn there_and_back(arrival: &[Hop], departure: &[Hop]) -> usize {
    let pairs = arrival.iter().rev().zip(departure);
    pairs
        .take_while(|(there, back)| there.link == back.link)
        .count()
}
