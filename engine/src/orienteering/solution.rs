//! A tour together with what it is worth.

use super::instance::Instance;
use super::objective::Objective;
use super::tour::Tour;

/// A tour and the objective of the nodes on it, changed together.
#[derive(Debug, Clone)]
pub(super) struct Solution<O> {
    /// The tour.
    pub(super) tour: Tour,
    /// Its objective.
    pub(super) objective: O,
}

impl<O: Objective> Solution<O> {
    /// The way straight from the start to the end. `empty` is the objective of no node at all.
    pub(super) fn direct(instance: &Instance, empty: O) -> Self {
        Self {
            tour: Tour::new(instance),
            objective: empty,
        }
    }

    /// Score of the tour.
    pub(super) fn score(&self) -> f64 {
        self.objective.score()
    }

    /// Takes over another solution of the same instance, without new memory.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.tour.copy_from(&other.tour);
        self.objective.copy_from(&other.objective);
    }

    /// Inserts a node where it is cheapest if that costs no more than is given; true if it did.
    pub(super) fn try_insert(&mut self, instance: &Instance, node: usize, most: i32) -> bool {
        if self.tour.contains(node) {
            return false;
        }
        self.tour.confirm_insertion(instance, node);
        let cheap = self.tour.extra()[node] <= most;
        if cheap {
            self.tour.insert(instance, node);
            self.objective.insert(node);
        }
        cheap
    }

    /// Takes nodes off the tour.
    pub(super) fn remove_all(&mut self, instance: &Instance, nodes: &[u32]) {
        for node in nodes {
            self.objective.remove(*node as usize);
        }
        self.tour.remove_all(instance, nodes);
    }
}
