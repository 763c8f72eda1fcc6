//! The orienteering problem: the most rewarding tour within a budget.
//!
//! [`solve`] takes a [`Problem`] and an [`Effort`] and gives a [`Tour`]:
//!
//! ```
//! use wildside_engine::orienteering::{Effort, Group, Problem, TimeMatrix, solve};
//!
//! let times = TimeMatrix::from_rows(4, vec![0, 3, 4, 9, 3, 0, 5, 9, 4, 5, 0, 9, 9, 9, 9, 0])?;
//! // The start is worth nothing; the two cafés form a group in which the second one counts half.
//! let cafes = Group { decay: 0.5, members: vec![(1, 2.0), (2, 2.0)] };
//! let problem = Problem::new(times, vec![0.0, 0.0, 0.0, 2.5], vec![0; 4], 0, 0, 18)?.with_groups(vec![cafes])?;
//!
//! let tour = solve(&problem, 1, Effort::iterations(1000));
//! assert_eq!(tour.score, 3.0);
//! assert_eq!(tour.cost, 12);
//! # Ok::<(), wildside_engine::orienteering::ProblemError>(())
//! ```

mod effort;
#[cfg(test)]
mod exact;
mod grouped;
mod instance;
mod local_search;
mod moves;
mod objective;
mod problem;
mod progress;
mod recreate;
mod rng;
mod ruin;
mod search;
mod solution;
#[cfg(test)]
mod tests;
mod times;
mod tour;
mod trim;

pub use effort::Effort;
pub use problem::{Group, MAX_BUDGET, MAX_PLACES, Problem, ProblemError};
pub use times::TimeMatrix;

use grouped::{Grouped, Groups};
use instance::Instance;
use objective::{Linear, Prizes};
use progress::Progress;
use rng::Rng;

/// A solution of a [`Problem`].
#[derive(Debug, Clone, PartialEq)]
pub struct Tour {
    /// The places in order, from the start to the end; a round trip has its start both first and last.
    pub order: Vec<usize>,
    /// The problem's objective: [`Problem::score`].
    pub score: f64,
    /// Cost in the unit of the times, visits included: [`Problem::cost`]. Never above the budget.
    pub cost: u32,
}

/// Finds a tour that is as good as the effort allows; at worst the way straight from the start to the end.
///
/// The same problem, seed and number of iterations give the same tour, unless the deadline comes first.
pub fn solve(problem: &Problem, seed: u64, effort: Effort) -> Tour {
    let mut progress = Progress::new(effort);
    let mut rng = Rng::new(seed);
    let instance = Instance::new(problem, progress.most_stops());
    let prizes = Prizes::new(problem, &instance);
    let nodes = if problem.groups().is_empty() {
        search::search(&instance, Linear::new(&prizes), &mut progress, &mut rng)
    } else {
        let groups = Groups::new(problem, &instance, &prizes);
        search::search(
            &instance,
            Grouped::new(&groups, &instance),
            &mut progress,
            &mut rng,
        )
    };
    let order: Vec<usize> = nodes.into_iter().map(|node| instance.place(node)).collect();
    Tour {
        score: problem.score(&order),
        cost: problem.cost(&order) as u32,
        order,
    }
}
