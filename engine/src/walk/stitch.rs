//! The streets between the stops.

use crate::network::TICKS_PER_SECOND;
use crate::routing::{Hop, Router, SearchGraph};

/// How many times a street's own cost a walker gives not to walk it again.
const REPEAT_PENALTY: f64 = 3.0;

/// What a walker gives not to turn round on the spot, in ticks: two minutes.
const TURN_PENALTY: u32 = 1200;

/// Times the legs are looked at again, each against all others.
const MAX_PASSES: usize = 4;

/// A tour with the way between each two of its places.
#[derive(Debug, Clone)]
pub(crate) struct Stitched {
    /// Places in order, from the start to the end.
    pub(crate) places: Vec<usize>,
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

/// What a walk goes over again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeats {
    /// Part of its length that is walked a second time.
    pub(crate) share: f64,
    /// Stops at which it turns round on the spot.
    pub(crate) turns: u32,
}

/// Finds ways between stops; keeps its memory from tour to tour.
#[derive(Debug)]
pub(crate) struct Stitcher<'a> {
    graph: &'a SearchGraph,
    router: Router<'a>,
    /// How many legs use each link.
    uses: Vec<u16>,
}

impl<'a> Stitcher<'a> {
    pub(crate) fn new(graph: &'a SearchGraph) -> Self {
        Self {
            graph,
            router: Router::new(graph),
            uses: vec![0; graph.links().len()],
        }
    }

    /// Joins places by ways that take at most `allowance` seconds together and repeat little.
    ///
    /// Begins with the shortest ways. Then each leg in turn is found anew, where links that other legs use cost more, and
    /// kept if the time allows, until nothing changes. `None`: even the shortest ways take too long.
    pub(crate) fn stitch(&mut self, places: &[usize], allowance: u32) -> Option<Stitched> {
        let mut tour = self.shortest(places)?;
        let mut spare = allowance.checked_sub(tour.walking_seconds())?;
        self.uses.fill(0);
        for leg in &tour.legs {
            self.count(leg, 1);
        }
        for _ in 0..MAX_PASSES {
            let mut changed = false;
            for leg in 0..tour.legs.len() {
                changed |= self.reroute(&mut tour, leg, &mut spare);
            }
            if !changed {
                break;
            }
        }
        Some(tour)
    }

    /// What a tour goes over again.
    pub(crate) fn repeats(&mut self, tour: &Stitched) -> Repeats {
        let (mut metres, mut again) = (0.0, 0.0);
        self.uses.fill(0);
        for hop in tour.legs.iter().flatten() {
            let length = f64::from(self.graph.links()[hop.link as usize].metres);
            metres += length;
            if std::mem::replace(&mut self.uses[hop.link as usize], 1) > 0 {
                again += length;
            }
        }
        let turns = tour.legs.windows(2).filter(|pair| is_turn(pair)).count() as u32;
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
        self.uses.fill(0);
        for leg in &tour.legs {
            self.count(leg, 1);
        }
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
                let turn = if is_turn(legs) { TURN_PENALTY } else { 0 };
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
            legs,
            seconds,
        })
    }

    fn reroute(&mut self, tour: &mut Stitched, leg: usize, spare: &mut u32) -> bool {
        self.count(&tour.legs[leg], -1);
        let uses = &self.uses;
        let (from, to) = (tour.places[leg] as u32, tour.places[leg + 1] as u32);
        let arrival = leg
            .checked_sub(1)
            .and_then(|before| tour.legs[before].last());
        let departure = tour.legs.get(leg + 1).and_then(|after| after.first());
        let turns = [arrival, departure].map(|hop| hop.map_or(u32::MAX, |hop| hop.link));
        let way = self
            .router
            .way(from, to, |number, link| match uses[number as usize] {
                0 => link.cost,
                _ if turns.contains(&number) => repeated(link.cost).saturating_add(TURN_PENALTY),
                _ => repeated(link.cost),
            });
        let mut changed = false;
        if let Some(way) = way.filter(|way| *way != tour.legs[leg]) {
            let seconds = self.seconds(&way);
            if seconds <= *spare + tour.seconds[leg] {
                *spare = *spare + tour.seconds[leg] - seconds;
                tour.seconds[leg] = seconds;
                tour.legs[leg] = way;
                changed = true;
            }
        }
        self.count(&tour.legs[leg], 1);
        changed
    }

    fn count(&mut self, leg: &[Hop], change: i16) {
        for hop in leg {
            let uses = &mut self.uses[hop.link as usize];
            *uses = uses.saturating_add_signed(change);
        }
    }

    fn seconds(&self, leg: &[Hop]) -> u32 {
        leg.iter()
            .map(|hop| self.graph.links()[hop.link as usize].ticks)
            .sum::<u32>()
            .div_ceil(TICKS_PER_SECOND)
    }
}

/// Cost of a link that is walked again.
fn repeated(cost: u32) -> u32 {
    (f64::from(cost) * (1.0 + REPEAT_PENALTY)) as u32
}

/// Whether a walker turns round between two legs.
fn is_turn(legs: &[Vec<Hop>]) -> bool {
    match (legs[0].last(), legs[1].first()) {
        (Some(arrival), Some(departure)) => arrival.link == departure.link,
        _ => false,
    }
}
