//! Repeats of a walk: ground that it goes over again, or that is known from earlier walks.

use rustc_hash::FxHashSet;

use super::stitch::{BUSY, Stitched, Stitcher, there_and_back};
use super::variant::Esteem;
use crate::network::EdgeId;
use crate::routing::Hop;

/// Share of its length that counts of a bridge which is walked twice, where that is excused.
const EXCUSED: f64 = 0.25;

/// Repeats of a walk: what it goes over again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Repeats {
    /// Part of its length that is walked a second time.
    pub(crate) share: f64,
    /// Turns on the spot.
    pub(crate) turns: u32,
}

impl Stitcher<'_> {
    /// Thinks less of the ground of earlier walks.
    pub(super) fn know(&mut self, edges: &FxHashSet<EdgeId>, esteem: Esteem) {
        if !edges.is_empty() {
            self.known = self.graph.links_on(edges);
            self.esteem = esteem;
        }
    }

    fn forget_uses(&mut self) {
        self.uses.fill(0);
        if self.esteem.avoids_ground {
            for (uses, known) in self.uses.iter_mut().zip(&self.known) {
                *uses = u16::from(*known);
            }
        }
    }

    /// Counts less of what is walked twice for want of another way.
    pub(crate) fn excuse_bridges(&mut self) {
        self.bridges = self.graph.bridges();
    }

    pub(super) fn count_all(&mut self, tour: &Stitched) {
        self.forget_uses();
        for leg in &tour.legs {
            self.count(leg, 1);
        }
    }

    /// Repeats of a tour: what it goes over again.
    pub(crate) fn repeats(&mut self, tour: &Stitched) -> Repeats {
        let (mut metres, mut again) = (0.0, 0.0);
        let (mut turns, mut last) = (0, u32::MAX);
        self.uses.fill(0);
        for hop in tour.legs.iter().flatten() {
            let length = f64::from(self.graph.links()[hop.link as usize].metres);
            metres += length;
            let is_bridge = self.bridges.get(hop.link as usize) == Some(&true);
            let before = &mut self.uses[hop.link as usize];
            again += match *before {
                0 if self.known.get(hop.link as usize) == Some(&true) => {
                    self.esteem.of_ground * length
                }
                0 => 0.0,
                // There and back: a third time there is no excuse.
                1 if is_bridge => EXCUSED * length,
                _ => length,
            };
            *before = before.saturating_add(1);
            turns += u32::from(hop.link == last && !is_bridge);
            last = hop.link;
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
}
