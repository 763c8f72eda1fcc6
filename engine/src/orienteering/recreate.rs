//! Recreate: randomised greedy insertion into a ruined tour.

use super::instance::{Instance, LANES};
use super::objective::Objective;
use super::rng::Rng;
use super::solution::Solution;

/// Exponents of the gain against the extra time, drawn anew each time: `gain^a / extra` with a = ½, 1, 1½ or 2.
const EXPONENTS: usize = 4;
/// Insertion ratios are scaled at random, by up to this much more or less.
const NOISE: f32 = 0.6;
/// Number of random factors to draw from.
const NOISE_FACTORS: usize = 8192;
/// Share of the mean distance to the nearest neighbour that is added to each extra time, so that insertions that cost nothing still
/// differ by their gain.
const LEAST_EXTRA: f32 = 0.05;

/// Greedy insertion by a randomised ratio of gain and extra time.
#[derive(Debug)]
pub(super) struct Recreate {
    noise: Vec<f32>,
    least_extra: f32,
    weights: Vec<f32>,
    /// Bits of the ratios at the last choice.
    ratios: Vec<u32>,
}

/// Criterion by which insertions are judged for once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taste {
    exponent: usize,
    offset: usize,
}

impl Recreate {
    /// Prepares for an instance.
    pub(super) fn new(instance: &Instance, rng: &mut Rng) -> Self {
        let factor = |_| 1.0 + NOISE * (2.0 * rng.unit() as f32 - 1.0);
        Self {
            noise: (0..NOISE_FACTORS + instance.stride()).map(factor).collect(),
            least_extra: (LEAST_EXTRA * mean_nearest(instance)).max(0.5),
            weights: vec![0.0; instance.stride()],
            ratios: vec![0; instance.stride()],
        }
    }

    /// Random factors, one a node.
    pub(super) fn noise(&self, taste: Taste) -> &[f32] {
        &self.noise[taste.offset..taste.offset + self.weights.len()]
    }

    /// Inserts until nothing more fits. Nodes in `tabu` stay out.
    pub(super) fn fill<O: Objective>(
        &mut self,
        instance: &Instance,
        solution: &mut Solution<O>,
        taste: Taste,
        tabu: &[u32],
    ) {
        self.weigh(&solution.objective, taste);
        for node in solution
            .tour
            .iter()
            .chain(tabu.iter().map(|node| *node as usize))
        {
            self.weights[node] = 0.0;
        }
        loop {
            let slack = instance.budget() - solution.tour.cost();
            let Some(node) = self.best_ratio(solution.tour.extra(), slack) else {
                break;
            };
            if solution.tour.confirm_insertion(instance, node) {
                solution.tour.insert(instance, node);
                solution.objective.insert(node);
                self.weights[node] = 0.0;
                self.weigh_changed(&solution.objective, taste);
            }
        }
    }

    fn weigh<O: Objective>(&mut self, objective: &O, taste: Taste) {
        let noise = &self.noise[taste.offset..taste.offset + self.weights.len()];
        for (weight, (gain, noise)) in self
            .weights
            .iter_mut()
            .zip(objective.gains().iter().zip(noise))
        {
            *weight = taste.weight(*gain, *noise);
        }
    }

    fn weigh_changed<O: Objective>(&mut self, objective: &O, taste: Taste) {
        for node in objective.changed().iter().map(|node| *node as usize) {
            // What is on the tour or tabu stays at zero.
            if self.weights[node] > 0.0 {
                self.weights[node] =
                    taste.weight(objective.gains()[node], self.noise[taste.offset + node]);
            }
        }
    }

    /// The node with the best ratio of weight and extra time among those that fit into the slack.
    ///
    /// Whole passes over dense rows without a branch, for the sake of vector registers. Ratios are never negative, so their bits are
    /// ordered as they are.
    fn best_ratio(&mut self, extra: &[i32], slack: i32) -> Option<usize> {
        let mut best = 0;
        for (ratio, (weight, extra)) in self.ratios.iter_mut().zip(self.weights.iter().zip(extra)) {
            let exact = weight / ((*extra).max(0) as f32 + self.least_extra);
            let fits = if *extra <= slack { u32::MAX } else { 0 };
            *ratio = exact.to_bits() & fits;
            best = best.max(*ratio as i32);
        }
        if best == 0 {
            return None;
        }
        let is_best = |ratio: &u32| *ratio == best as u32;
        let hits = |block: &[u32]| {
            block
                .iter()
                .fold(0, |hits, ratio| hits + u32::from(is_best(ratio)))
        };
        let block = self
            .ratios
            .chunks_exact(LANES)
            .position(|block| hits(block) > 0)?
            * LANES;
        Some(block + self.ratios[block..].iter().position(is_best)?)
    }
}

impl Taste {
    /// Draws how the next insertions are judged.
    pub(super) fn draw(rng: &mut Rng) -> Self {
        Self {
            exponent: rng.below(EXPONENTS),
            offset: rng.below(NOISE_FACTORS),
        }
    }

    fn weight(self, gain: f32, noise: f32) -> f32 {
        noise
            * match self.exponent {
                0 => gain.sqrt(),
                1 => gain,
                2 => gain * gain.sqrt(),
                _ => gain * gain,
            }
    }
}

/// Mean time between a node and its nearest neighbour, of a sample.
fn mean_nearest(instance: &Instance) -> f32 {
    const SAMPLE: usize = 100;
    let both_ways = |node: usize| {
        let near = *instance.neighbours(node).first()? as usize;
        Some(i64::from(instance.time(node, near)) + i64::from(instance.time(near, node)))
    };
    let sample = (0..instance.nodes()).step_by(instance.nodes().div_ceil(SAMPLE));
    let times: Vec<i64> = sample.filter_map(both_ways).collect();
    times.iter().sum::<i64>() as f32 / (2 * times.len()).max(1) as f32
}
