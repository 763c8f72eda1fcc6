//! Objective of a tour, kept up to date while it is being built.

use super::instance::Instance;
use super::problem::Problem;

/// The objective of the places on a tour, kept up to date as they come and go.
///
/// The search is compiled once for each implementation: sums of prizes cost no more than if there were no groups.
pub(super) trait Objective: Clone {
    /// Gain of each node if it joined the tour now; of no meaning for nodes on the tour. Padded with zeros to a whole row.
    fn gains(&self) -> &[f32];
    /// Loss of the tour if a node on it were removed.
    fn loss(&self, node: usize) -> f32;
    /// Adds a node.
    fn insert(&mut self, node: usize);
    /// The nodes whose gains the last insertion changed.
    fn changed(&self) -> &[u32];
    /// Takes a node away.
    fn remove(&mut self, node: usize);
    /// The objective of the nodes on the tour.
    fn score(&self) -> f64;
    /// Takes over the state of another objective of the same instance.
    fn copy_from(&mut self, other: &Self);
}

/// A sum of prizes.
#[derive(Debug, Clone)]
pub(super) struct Linear<'a> {
    prizes: &'a Prizes,
    score: f64,
}

/// The prizes of an instance's nodes, exact and as the search weighs them.
#[derive(Debug)]
pub(super) struct Prizes {
    exact: Vec<f64>,
    gains: Vec<f32>,
}

impl Prizes {
    /// The prizes that a problem's places have of their own.
    pub(super) fn new(problem: &Problem, instance: &Instance) -> Self {
        let exact: Vec<f64> = (0..instance.nodes())
            .map(|node| problem.prizes()[instance.place(node)])
            .collect();
        let mut gains: Vec<f32> = exact.iter().map(|prize| *prize as f32).collect();
        gains.resize(instance.stride(), 0.0);
        Self { exact, gains }
    }

    /// One prize a node.
    pub(super) fn exact(&self) -> &[f64] {
        &self.exact
    }
}

impl<'a> Linear<'a> {
    /// Nothing on the tour yet.
    pub(super) fn new(prizes: &'a Prizes) -> Self {
        Self { prizes, score: 0.0 }
    }
}

impl Objective for Linear<'_> {
    fn gains(&self) -> &[f32] {
        &self.prizes.gains
    }

    fn loss(&self, node: usize) -> f32 {
        self.prizes.gains[node]
    }

    fn insert(&mut self, node: usize) {
        self.score += self.prizes.exact[node];
    }

    fn changed(&self) -> &[u32] {
        &[]
    }

    fn remove(&mut self, node: usize) {
        self.score -= self.prizes.exact[node];
    }

    fn score(&self) -> f64 {
        self.score
    }

    fn copy_from(&mut self, other: &Self) {
        self.score = other.score;
    }
}
