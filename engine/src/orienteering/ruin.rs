//! Ruin: removal of strings of stops from a tour.

use super::instance::{END, Instance, START};
use super::rng::Rng;
use super::tour::Tour;

/// Share of ruins that take up to six tenths of the tour.
const LARGE: f64 = 0.1;
/// Most stops that the others take.
const SMALL_RUIN: usize = 12;
/// Most strings that a ruin is made of.
const MOST_STRINGS: usize = 3;

/// Picks strings of consecutive stops near a node (slack induction by string removals: Christiaens and Vanden Berghe 2020).
#[derive(Debug, Default)]
pub(super) struct Ruin {
    picked: Vec<u32>,
    is_picked: Vec<bool>,
}

impl Ruin {
    /// Stops to remove around a node, which may be on the tour or not.
    pub(super) fn pick(
        &mut self,
        instance: &Instance,
        tour: &Tour,
        centre: usize,
        rng: &mut Rng,
    ) -> &[u32] {
        self.picked.clear();
        self.is_picked.clear();
        self.is_picked.resize(instance.nodes(), false);
        let stops = tour.stops();
        if stops == 0 {
            return &self.picked;
        }
        let most = if rng.chance(LARGE) {
            stops * 6 / 10
        } else {
            SMALL_RUIN
        };
        let wanted = rng.between(1, most.clamp(1, stops));
        let strings = rng.between(1, MOST_STRINGS.min(wanted));
        let length = wanted.div_ceil(strings);
        let mut cut = 0;
        let near = instance
            .neighbours(centre)
            .iter()
            .map(|near| *near as usize);
        for node in std::iter::once(centre).chain(near) {
            if node > END && tour.contains(node) && !self.is_picked[node] {
                self.pick_string(tour, node, length, rng);
                cut += 1;
                if cut == strings {
                    break;
                }
            }
        }
        &self.picked
    }

    /// Picks a string of stops with a node at a random position in it.
    fn pick_string(&mut self, tour: &Tour, node: usize, length: usize, rng: &mut Rng) {
        let mut first = node;
        for _ in 0..rng.below(length) {
            let before = tour.prev(first);
            if before == START || self.is_picked[before] {
                break;
            }
            first = before;
        }
        let mut stop = first;
        for _ in 0..length {
            if stop == END || self.is_picked[stop] {
                break;
            }
            self.is_picked[stop] = true;
            self.picked.push(stop as u32);
            stop = tour.next(stop);
        }
    }
}
