//! Bringing a tour back within its budget.

use super::instance::{END, Instance};
use super::objective::Objective;
use super::rng::Rng;
use super::solution::Solution;

/// Longest segment that is ever dropped at once.
const LONGEST_SEGMENT: f64 = 25.0;

/// Drops the segments of consecutive stops that are worth least for the time they take.
///
/// Whole segments, because the stops of a cluster far away each save little, but together a lot.
#[derive(Debug, Default)]
pub(super) struct Trim {
    order: Vec<u32>,
    /// Loss of all stops before each position.
    losses: Vec<f32>,
    /// Length of the tour up to each position.
    lengths: Vec<i32>,
}

impl Trim {
    /// Drops segments until the tour keeps the budget. Losses are scaled by random factors, one a node.
    pub(super) fn keep_budget<O: Objective>(
        &mut self,
        instance: &Instance,
        solution: &mut Solution<O>,
        noise: &[f32],
        rng: &mut Rng,
    ) {
        while solution.tour.cost() > instance.budget() {
            self.load(solution, noise);
            let longest = 1 + (LONGEST_SEGMENT * rng.unit() * rng.unit()) as usize;
            let (first, last) =
                self.worst(instance, solution.tour.cost() - instance.budget(), longest);
            solution.remove_all(instance, &self.order[first..=last]);
        }
    }

    fn load<O: Objective>(&mut self, solution: &Solution<O>, noise: &[f32]) {
        self.order.clear();
        self.losses.clear();
        self.lengths.clear();
        let (mut loss, mut length) = (0.0, 0);
        for node in solution.tour.iter() {
            self.order.push(node as u32);
            self.losses.push(loss);
            self.lengths.push(length);
            if node > END {
                loss += solution.objective.loss(node) * noise[node];
            }
            length += solution.tour.length(node);
        }
    }

    /// First and last position of the segment with the least loss for the time saved, as far as that is needed. All stops if none saves time.
    fn worst(&self, instance: &Instance, needed: i32, longest: usize) -> (usize, usize) {
        let last_stop = self.order.len() - 2;
        let (mut least_loss, mut its_saving) = (1.0_f32, 0.0_f32);
        let mut worst = (1, last_stop);
        for first in 1..=last_stop {
            let skip_to = instance.times_from(self.order[first - 1] as usize);
            for last in first..(first + longest).min(last_stop + 1) {
                let cut = self.lengths[last + 1] - self.lengths[first - 1];
                let saving = cut - skip_to[self.order[last + 1] as usize];
                let (loss, counted) = (
                    self.losses[last + 1] - self.losses[first],
                    saving.min(needed) as f32,
                );
                // The ratios loss / saving are compared without dividing.
                if loss * its_saving < least_loss * counted {
                    (least_loss, its_saving) = (loss, counted);
                    worst = (first, last);
                }
                // Longer segments lose more, and save no more than is needed.
                if saving >= needed || loss * its_saving >= least_loss * needed as f32 {
                    break;
                }
            }
        }
        worst
    }
}
