//! The search: ruin, recreate, shorten, refill, accept.

use super::instance::{END, Instance};
use super::local_search::LocalSearch;
use super::objective::Objective;
use super::progress::Progress;
use super::recreate::Recreate;
use super::rng::Rng;
use super::ruin::Ruin;
use super::tour::Tour;

/// A tour and what it is worth.
#[derive(Debug, Clone)]
struct Solution<O> {
    tour: Tour,
    objective: O,
}

impl<O: Objective> Solution<O> {
    fn copy_from(&mut self, other: &Self) {
        self.tour.copy_from(&other.tour);
        self.objective.copy_from(&other.objective);
    }
}

/// Searches until the effort is spent. Gives the nodes of the best tour, from start to end.
pub(super) fn search<O: Objective>(
    instance: &Instance,
    empty: O,
    progress: &mut Progress,
    rng: &mut Rng,
) -> Vec<usize> {
    let mut search = Search::new(instance, empty, rng);
    if instance.nodes() > END + 1 {
        while progress.step() {
            search.iterate(progress.share(), rng);
        }
    }
    search.best.tour.iter().collect()
}

/// Ruin and recreate (Schrimpf et al. 2000) under simulated annealing.
struct Search<'a, O> {
    instance: &'a Instance,
    ruin: Ruin,
    recreate: Recreate,
    local: LocalSearch,
    changed: Vec<u32>,
    current: Solution<O>,
    trial: Solution<O>,
    best: Solution<O>,
    /// Mean gain of a stop, the natural unit of temperatures.
    mean_gain: f64,
}

impl<'a, O: Objective> Search<'a, O> {
    fn new(instance: &'a Instance, empty: O, rng: &mut Rng) -> Self {
        let mut recreate = Recreate::new(instance, rng);
        let mut first = Solution {
            tour: Tour::new(instance),
            objective: empty,
        };
        recreate.fill(
            instance,
            &mut first.tour,
            &mut first.objective,
            Recreate::taste(rng),
            &[],
        );
        let mean_gain = first.objective.score() / first.tour.stops().max(1) as f64;
        Self {
            instance,
            ruin: Ruin::default(),
            recreate,
            local: LocalSearch::default(),
            changed: Vec::new(),
            current: first.clone(),
            trial: first.clone(),
            best: first,
            mean_gain,
        }
    }

    fn iterate(&mut self, share: f64, rng: &mut Rng) {
        self.trial.copy_from(&self.current);
        self.change_trial(rng);
        let temperature = self.mean_gain * 0.5 * (1.0 - share);
        let change = self.trial.objective.score() - self.current.objective.score();
        if change >= 0.0 || rng.unit() < (change / temperature).exp() {
            std::mem::swap(&mut self.trial, &mut self.current);
            if self.current.objective.score() > self.best.objective.score() {
                self.best.copy_from(&self.current);
            }
        }
    }

    fn change_trial(&mut self, rng: &mut Rng) {
        let Solution { tour, objective } = &mut self.trial;
        let centre = rng.between(END + 1, self.instance.nodes() - 1);
        let removed = self.ruin.pick(self.instance, tour, centre, rng);
        for node in removed {
            objective.remove(*node as usize);
        }
        tour.remove_all(self.instance, removed);
        let tabu = match removed.len() {
            0 => &[],
            stops if rng.chance(0.25) => std::slice::from_ref(&removed[rng.below(stops)]),
            _ => &[],
        };
        let fits =
            !tour.contains(centre) && tour.cost() + tour.extra()[centre] <= self.instance.budget();
        if fits && tabu != [centre as u32] && rng.chance(0.5) {
            tour.insert(self.instance, centre);
            objective.insert(centre);
        }
        self.recreate
            .fill(self.instance, tour, objective, Recreate::taste(rng), tabu);
        self.changed.clear();
        self.changed.extend(tour.changed_from(&self.current.tour));
        if self.local.shorten(self.instance, tour, &self.changed) {
            self.recreate
                .fill(self.instance, tour, objective, Recreate::taste(rng), &[]);
        }
    }
}
