//! The streets between the stops.

use crate::network::TICKS_PER_SECOND;
use crate::routing::{Hierarchy, Hop, Link, Router, SearchGraph};

/// Price of walking the same ground again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dislike {
    /// Quarters of a street's own cost that walking it again adds.
    repeat: u32,
    /// Ticks not to turn round on the spot.
    turn: u32,
}

/// While further stops may need the time.
const BUSY: Dislike = Dislike {
    repeat: 3 * 4,
    turn: 1200,
};

/// Price when no stop fits into what time is left.
pub(super) const AT_LEISURE: Dislike = Dislike {
    repeat: 15 * 4,
    turn: 6000,
};

impl Dislike {
    fn halved(self) -> Self {
        Self {
            repeat: self.repeat / 2,
            turn: self.turn / 2,
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

/// Repeats of a walk: what it goes over again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeats {
    /// Part of its length that is walked a second time.
    pub(crate) share: f64,
    /// Turns on the spot.
    pub(crate) turns: u32,
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

    pub(super) fn count_all(&mut self, tour: &Stitched) {
        self.uses.fill(0);
        for leg in &tour.legs {
            self.count(leg, 1);
        }
    }

    /// Repeats of a tour: what it goes over again.
    pub(crate) fn repeats(&mut self, tour: &Stitched) -> Repeats {
        let (mut metres, mut again) = (0.0, 0.0);
        let (mut turns, mut before) = (0, u32::MAX);
        self.uses.fill(0);
        for hop in tour.legs.iter().flatten() {
            let length = f64::from(self.graph.links()[hop.link as usize].metres);
            metres += length;
            if std::mem::replace(&mut self.uses[hop.link as usize], 1) > 0 {
                again += length;
            }
            turns += u32::from(hop.link == before);
            before = hop.link;
        }
        Repeats {
            share: if metres > 0.0 { again / metres } else { 0.0 },
            turns,
        }
    }

    /// The stop with the most repetition on the ways to and from it, of those that `may_go`; `None`: there is none.
    pub(crate) fn most_repetitive(
        &mut self,
        tour: &Stitched,
        may_go: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        self.count_all(tour);
        let repeated = |leg: &Vec<Hop>| -> u32 {
            let again = leg.iter().filter(|hop| self.uses[hop.link as usize] > 1);
            again
                .map(|hop| self.graph.links()[hop.link as usize].ticks)
                .sum()
        };
        let stops = tour.places[1..tour.places.len() - 1]
            .iter()
            .zip(tour.legs.windows(2));
        stops
            .filter(|(place, _)| may_go(**place))
            .map(|(&place, legs)| {
                let turn = if there_and_back(&legs[0], &legs[1]) > 0 {
                    BUSY.turn
                } else {
                    0
                };
                (repeated(&legs[0]) + repeated(&legs[1]) + turn, place)
            })
            .filter(|&(ticks, _)| ticks > 0)
            .max()
            .map(|(_, place)| place)
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
        if uses[number as usize] == 0 {
            return link.cost;
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
    }
}

/// Count of the hops at the end of a leg that the next one goes back.
fn there_and_back(arrival: &[Hop], departure: &[Hop]) -> usize {
    let pairs = arrival.iter().rev().zip(departure);
    pairs
        .take_while(|(there, back)| there.link == back.link)
        .count()
}
