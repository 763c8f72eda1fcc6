//! Ways through the network: what is in reach, how long it takes, and along which streets.
//!
//! A request is served in three steps. [`Reach`] explores the joined cells from the start, as far as the budget goes.
//! [`SearchGraph`] keeps of that only what can matter between the chosen places: dead ends are cut off and chains of
//! nodes without a choice become one link. [`Hierarchy`] puts its nodes in an order, by which [`Matrix`] finds times between
//! all places and [`Router`] the way of a leg.

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
    /// What the search minimises: the time, and what the profile adds to avoid a way.
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

    /// What the cost has above the time.
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
