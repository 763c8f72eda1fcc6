//! Filling a tour up again.

use super::instance::{Instance, LANES};
use super::objective::Objective;
use super::rng::Rng;
use super::tour::Tour;

/// By how much a gain counts against the extra time, drawn anew each iteration: `gain^a / extra` (a = ½, 1, 1½, 2).
const EXPONENTS: usize = 4;
/// Insertion ratios are scaled at random, by up to this much more or less.
const NOISE: f32 = 0.6;
/// Number of random factors prepared.
const NOISE_FACTORS: usize = 8192;

/// Greedy insertion by a randomised ratio of gain and extra time.
#[derive(Debug)]
pub(super) struct Recreate {
    weights: Vec<f32>,
    noise: Vec<f32>,
    /// Added to each extra time: insertions that cost nothing still differ by their gain.
    least_extra: f32,
}

/// How insertions are judged during one iteration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taste {
    exponent: usize,
    offset: usize,
}

impl Recreate {
    /// Prepares for an instance.
    pub(super) fn new(instance: &Instance, rng: &mut Rng) -> Self {
        let factors = NOISE_FACTORS + instance.stride();
        let noise = (0..factors)
            .map(|_| 1.0 + NOISE * (2.0 * rng.unit() as f32 - 1.0))
            .collect();
        let edges = 2 * (instance.nodes() - 2).max(1);
        let nearest: i64 = (0..instance.nodes())
            .filter_map(|node| {
                instance
                    .neighbours(node)
                    .first()
                    .map(|near| (node, *near as usize))
            })
            .map(|(node, near)| {
                i64::from(instance.time(node, near)) + i64::from(instance.time(near, node))
            })
            .sum();
        let least_extra = (nearest as f32 / edges as f32 * 0.05).max(0.5);
        Self {
            weights: vec![0.0; instance.stride()],
            noise,
            least_extra,
        }
    }

    /// Draws how the next insertions are judged.
    pub(super) fn taste(rng: &mut Rng) -> Taste {
        Taste {
            exponent: rng.below(EXPONENTS),
            offset: rng.below(NOISE_FACTORS),
        }
    }

    /// Inserts until nothing more fits. Nodes in `tabu` stay out.
    pub(super) fn fill<O: Objective>(
        &mut self,
        instance: &Instance,
        tour: &mut Tour,
        objective: &mut O,
        taste: Taste,
        tabu: &[u32],
    ) {
        self.weigh(objective.gains(), taste);
        for node in tour.iter().chain(tabu.iter().map(|node| *node as usize)) {
            self.weights[node] = 0.0;
        }
        loop {
            let slack = instance.budget() - tour.cost();
            let Some(node) = best_ratio(&self.weights, tour.extra(), slack, self.least_extra)
            else {
                break;
            };
            tour.insert(instance, node);
            objective.insert(node);
            self.weights[node] = 0.0;
            for changed in objective.changed().iter().map(|changed| *changed as usize) {
                if self.weights[changed] > 0.0 {
                    let noise = self.noise[taste.offset + changed];
                    self.weights[changed] = taste.weight(objective.gains()[changed], noise);
                }
            }
        }
    }

    fn weigh(&mut self, gains: &[f32], taste: Taste) {
        let noise = &self.noise[taste.offset..taste.offset + self.weights.len()];
        for (weight, (gain, noise)) in self.weights.iter_mut().zip(gains.iter().zip(noise)) {
            *weight = taste.weight(*gain, *noise);
        }
    }
}

impl Taste {
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

/// The node with the best ratio of weight and extra time among those that fit into the slack and are not on the tour.
fn best_ratio(weights: &[f32], extra: &[i32], slack: i32, least_extra: f32) -> Option<usize> {
    let mut best = [0.0_f32; LANES];
    let mut rows = [0_u32; LANES];
    for (row, (weights, extra)) in weights
        .chunks_exact(LANES)
        .zip(extra.chunks_exact(LANES))
        .enumerate()
    {
        for lane in 0..LANES {
            let ratio = weights[lane] / (extra[lane].max(0) as f32 + least_extra);
            let ratio = if extra[lane] <= slack { ratio } else { 0.0 };
            let better = ratio > best[lane];
            best[lane] = if better { ratio } else { best[lane] };
            rows[lane] = if better { row as u32 } else { rows[lane] };
        }
    }
    let lane = (0..LANES).max_by(|a, b| best[*a].total_cmp(&best[*b]))?;
    (best[lane] > 0.0).then_some(rows[lane] as usize * LANES + lane)
}
