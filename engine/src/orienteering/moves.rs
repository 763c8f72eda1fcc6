//! Neighbourhoods of the search: ruin and recreate, and add beyond the budget and drop.

use super::instance::{END, Instance};
use super::local_search::LocalSearch;
use super::objective::Objective;
use super::recreate::{Recreate, Taste};
use super::rng::Rng;
use super::ruin::Ruin;
use super::solution::Solution;
use super::trim::Trim;

/// Share of changes that add beyond the budget first and then drop; the others ruin first and then recreate.
const ADD_AND_DROP: f64 = 0.6;
/// Probability that one of the removed stops has to stay out for once.
const TABU: f64 = 0.25;
/// Probability that the node around which was ruined is inserted first, whatever it costs.
const FORCE_CENTRE: f64 = 0.5;
/// Most nodes added at once beyond the budget.
const MOST_ADDED: usize = 12;
/// Chance of a node near the centre to be left out when nodes are added.
const SKIP: f64 = 0.2;

/// The neighbourhoods of the search, with their memory.
#[derive(Debug)]
pub(super) struct Moves<'a> {
    instance: &'a Instance,
    ruin: Ruin,
    recreate: Recreate,
    trim: Trim,
    local_search: LocalSearch,
    tabu: Vec<u32>,
    changed: Vec<u32>,
}

impl<'a> Moves<'a> {
    /// Prepares for an instance that has at least one node to visit.
    pub(super) fn new(instance: &'a Instance, rng: &mut Rng) -> Self {
        Self {
            instance,
            ruin: Ruin::default(),
            recreate: Recreate::new(instance, rng),
            trim: Trim::default(),
            local_search: LocalSearch::default(),
            tabu: Vec::new(),
            changed: Vec::new(),
        }
    }

    /// Fills a tour as far as the budget goes.
    pub(super) fn fill<O: Objective>(&mut self, solution: &mut Solution<O>, rng: &mut Rng) {
        self.recreate
            .fill(self.instance, solution, Taste::draw(rng), &[]);
    }

    /// Makes `trial`, a copy of `current`, another tour within the budget.
    pub(super) fn change<O: Objective>(
        &mut self,
        current: &Solution<O>,
        trial: &mut Solution<O>,
        rng: &mut Rng,
    ) {
        if rng.chance(ADD_AND_DROP) {
            self.add_and_drop(current, trial, rng);
        } else {
            self.ruin_and_recreate(current, trial, rng);
        }
    }

    /// Ruin and recreate (Schrimpf et al. 2000).
    fn ruin_and_recreate<O: Objective>(
        &mut self,
        current: &Solution<O>,
        trial: &mut Solution<O>,
        rng: &mut Rng,
    ) {
        let centre = rng.between(END + 1, self.instance.nodes() - 1);
        let removed = self.ruin.pick(self.instance, &trial.tour, centre, rng);
        trial.remove_all(self.instance, removed);
        self.tabu.clear();
        if !removed.is_empty() && rng.chance(TABU) {
            self.tabu.push(removed[rng.below(removed.len())]);
        }
        if !self.tabu.contains(&(centre as u32)) && rng.chance(FORCE_CENTRE) {
            let slack = self.instance.budget() - trial.tour.cost();
            trial.try_insert(self.instance, centre, slack);
        }
        self.recreate
            .fill(self.instance, trial, Taste::draw(rng), &self.tabu);
        if self.shorten(current, trial) {
            self.recreate
                .fill(self.instance, trial, Taste::draw(rng), &[]);
        }
    }

    /// Adds nodes beyond the budget, then drops segments until it is kept: the "drop and add" of Kobeaga et al. (2018)
    /// the other way round. It carries a tour to another part of town, which ruin and recreate hardly does.
    fn add_and_drop<O: Objective>(
        &mut self,
        current: &Solution<O>,
        trial: &mut Solution<O>,
        rng: &mut Rng,
    ) {
        let centre = self.node_off_tour(trial, rng);
        self.add_around(centre, trial, rng);
        self.shorten(current, trial);
        let taste = Taste::draw(rng);
        self.trim
            .keep_budget(self.instance, trial, self.recreate.noise(taste), rng);
        self.shorten(current, trial);
        self.recreate.fill(self.instance, trial, taste, &[]);
    }

    /// A random node; one that is not on the tour if a few draws find one.
    fn node_off_tour<O>(&self, solution: &Solution<O>, rng: &mut Rng) -> usize {
        const DRAWS: usize = 5;
        let mut node = END;
        for _ in 0..DRAWS {
            node = rng.between(END + 1, self.instance.nodes() - 1);
            if !solution.tour.contains(node) {
                break;
            }
        }
        node
    }

    /// Inserts nodes around a centre, nearest first, up to half as much again as the budget.
    fn add_around<O: Objective>(&self, centre: usize, solution: &mut Solution<O>, rng: &mut Rng) {
        let limit = self.instance.budget() + self.instance.budget() / 2;
        let mut wanted = rng.between(1, MOST_ADDED.min(solution.tour.stops() / 2 + 1));
        let near = self
            .instance
            .neighbours(centre)
            .iter()
            .map(|near| *near as usize);
        for node in std::iter::once(centre).chain(near) {
            let skipped = node != centre && rng.chance(SKIP);
            let most = limit - solution.tour.cost();
            if !skipped && solution.try_insert(self.instance, node, most) {
                wanted -= 1;
            }
            if wanted == 0 {
                break;
            }
        }
    }

    /// Improves the order of a tour where it differs from an earlier one; true if it got shorter.
    fn shorten<O: Objective>(&mut self, earlier: &Solution<O>, solution: &mut Solution<O>) -> bool {
        self.changed.clear();
        self.changed
            .extend(solution.tour.changed_from(&earlier.tour));
        self.local_search
            .shorten(self.instance, &mut solution.tour, &self.changed)
    }
}
