//! Weights of what a walker wants to avoid.

use super::Label;
use crate::network::Measure;
use crate::walk::{Accessibility, Pace};

/// Cost of a metre of stairs for who avoids them, in ticks: more than a day. Any way round that a walk can hold is
/// cheaper than one step, so the stairs on a way are the least there can be, and none where there is a way without.
const STAIRS_COST_PER_METRE: u32 = 1_000_000;

/// Turns a walker's wishes into costs; nothing is prepared ahead, so wishes differ freely between requests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Profile {
    wishes: Accessibility,
    pace: Pace,
}

impl Profile {
    pub(crate) const fn new(wishes: Accessibility, pace: Pace) -> Self {
        Self { wishes, pace }
    }

    /// Walking time of a whole edge.
    pub(crate) fn ticks(self, edge: &Measure) -> u32 {
        if self.pace == Pace::default() {
            edge.ticks
        } else {
            (f64::from(edge.ticks) * self.pace.factor()).round() as u32
        }
    }

    /// Cost of a part of an edge: `ticks` is the part's time and `metres` its length.
    pub(crate) fn cost(self, edge: &Measure, ticks: u32, metres: f32) -> u32 {
        let mut cost = percent(edge.price_percent.into(), ticks);
        if self.wishes.prefer_well_lit {
            cost = percent(edge.light.detour_percent(), cost);
        }
        if self.wishes.avoid_stairs && edge.stairs {
            cost =
                cost.saturating_add((metres.ceil() as u32).saturating_mul(STAIRS_COST_PER_METRE));
        }
        cost
    }

    /// Cost of a whole edge.
    pub(crate) fn whole_cost(self, edge: &Measure) -> u32 {
        self.cost(edge, self.ticks(edge), edge.metres)
    }

    /// Share of its worth that a stop on an edge keeps, 1 or less: who prefers light would rather not be led to the dark.
    pub(crate) fn liking(self, edge: &Measure) -> f64 {
        if self.wishes.prefer_well_lit {
            100.0 / f64::from(edge.light.detour_percent())
        } else {
            1.0
        }
    }

    /// Metres of stairs on a way that the walker would avoid, about.
    pub(crate) const fn stairs_avoided(self, way: Label) -> u32 {
        if self.wishes.avoid_stairs {
            way.cost / STAIRS_COST_PER_METRE
        } else {
            0
        }
    }

    /// True if a walker would rather not begin or stop on this edge.
    pub(crate) fn avoids(self, edge: &Measure) -> bool {
        self.wishes.avoid_stairs && edge.stairs
    }
}

/// So many hundredths of a cost.
fn percent(percent: u32, cost: u32) -> u32 {
    (u64::from(cost) * u64::from(percent) / 100).min(u64::from(u32::MAX)) as u32
}
