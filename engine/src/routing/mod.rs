//! Shortest paths on foot: a customizable contraction hierarchy, built anew for each request.
//!
//! A request is served in three steps. [`Reach`] explores the joined cells from the start, as far as the budget goes
//! (Dijkstra). [`SearchGraph`] keeps of that only what can matter between the chosen places: dead ends are cut off and chains
//! of nodes without a choice become one link. [`Hierarchy`] puts its nodes in an elimination order and finds the weights of
//! the shortcuts; with it, [`Matrix`] computes times between all places (many-to-many), and [`Router`] the way of a leg (A*
//! with the hierarchy as its potential).
//!
//! # Glossary
//!
//! | Here | In the literature |
//! |---|---|
//! | node taken out, gone | eliminated, contracted |
//! | order, position | elimination order (approximate minimum degree), rank |
//! | above a node | its upward neighbours: those it has when it is eliminated, original or by fill |
//! | way up | upward arc: a link of the graph or a shortcut, which is a fill edge of the elimination |
//! | parent, chain | parent and ancestors in the elimination tree |
//! | depth | depth in the elimination tree |
//! | group | element of the quotient graph |
//! | nodes that go at once | indistinguishable nodes of a supervariable, by mass elimination |
//! | neighbours at most | approximate external degree |
//! | weigh | customization, without witness searches |
//! | climb | upward search along the elimination tree |
//! | potential | lower bound of the cost that is left: a CH potential |

mod bridges;
mod contract;
mod dead_ends;
mod graph;
mod hierarchy;
mod matrix;
mod order;
mod potential;
mod profile;
mod queue;
mod reach;
mod router;
mod survey;

pub(crate) use dead_ends::DeadEnds;
pub(crate) use graph::{Link, Piece, SearchGraph};
pub(crate) use hierarchy::Hierarchy;
pub use matrix::Matrix;
pub use survey::{Survey, Ways};

pub(crate) use profile::Profile;
pub(crate) use reach::Reach;
pub(crate) use router::{Hop, Router};

/// Cost and time of the best known way to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label {
    /// Cost that the search minimises: the time, and what the profile adds to avoid a way.
    pub(crate) cost: u32,
    /// Walking time in ticks.
    pub(crate) ticks: u32,
}

impl Label {
    pub(crate) const UNREACHED: Self = Self {
        cost: u32::MAX,
        ticks: u32::MAX,
    };
    pub(crate) const ZERO: Self = Self { cost: 0, ticks: 0 };

    pub(crate) fn is_reached(self) -> bool {
        self.cost != u32::MAX
    }

    /// Part of the cost above the time.
    pub(crate) fn surcharge(self) -> u32 {
        self.cost.saturating_sub(self.ticks)
    }

    /// The label one way further on.
    pub(crate) fn plus(self, cost: u32, ticks: u32) -> Self {
        Self {
            cost: self.cost.saturating_add(cost),
            ticks: self.ticks.saturating_add(ticks),
        }
    }
}
