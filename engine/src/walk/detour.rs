//! Detours into which a walk spends the time that is left when no further stop fits.

use super::plan::{Plan, Planner};
use super::stitch::{AT_LEISURE, Stitched, Stitcher, price};
use crate::network::TICKS_PER_SECOND;
use crate::routing::{Hop, Label};

/// No detour is made to fill less than this part of the budget.
const LEAST_SHARE: u32 = 50;

impl Planner<'_> {
    /// Lengthens a walk by detours along streets that it does not know yet.
    pub(super) fn fill_with_detours(&mut self, mut plan: Plan, mut value: f64) -> (Plan, f64) {
        let mut left = self.standards.most_detour_seconds;
        for _ in 0..self.standards.most_detours {
            let spare = self.spare(&plan).min(left);
            if self.is_late() || spare < self.request.budget_seconds / LEAST_SHARE {
                break;
            }
            let Some(tour) = self.stitcher.longest_detour(&plan.tour, spare) else {
                break;
            };
            left -= tour.walking_seconds() - plan.tour.walking_seconds();
            let other = Plan { tour, ..plan };
            let other_value = self.value(&other);
            if other_value < value {
                break;
            }
            (plan, value) = (other, other_value);
        }
        (plan, value)
    }
}

impl Stitcher<'_> {
    /// The tour with a detour on that leg which has room for the longest one of at most `spare` seconds.
    fn longest_detour(&mut self, tour: &Stitched, spare: u32) -> Option<Stitched> {
        self.count_all(tour);
        let mut best: Option<Stitched> = None;
        for leg in 0..tour.legs.len() {
            let most = best.as_ref().map_or(0, Stitched::walking_seconds);
            if let Some(other) = self.detour(tour, leg, spare)
                && other.walking_seconds() > most
            {
                best = Some(other);
            }
        }
        best.filter(|other| other.walking_seconds() > tour.walking_seconds())
    }

    /// The tour with a leg that goes by way of the node for which it takes longest, within `spare` seconds more.
    fn detour(&mut self, tour: &Stitched, leg: usize, spare: u32) -> Option<Stitched> {
        let most = (tour.seconds[leg] + spare).saturating_mul(TICKS_PER_SECOND);
        self.count(&tour.legs[leg], -1);
        let via = self.furthest_via(tour, leg, most);
        self.count(&tour.legs[leg], 1);
        let (from, to, via) = (tour.nodes[leg], tour.nodes[leg + 1], via?);
        let mut way = self.router.trace(from, via);
        let back = self.from_end.trace(to, via);
        way.extend(back.into_iter().rev().map(Hop::reversed));
        let mut other = tour.clone();
        other.seconds[leg] = self.seconds(&way);
        other.legs[leg] = way;
        Some(other)
    }

    /// The node by way of which a leg takes the most of `most` ticks, less for dull ground, and goes over no more known ground
    /// than it does now (a via node: Abraham et al. 2013).
    fn furthest_via(&mut self, tour: &Stitched, leg: usize, most: u32) -> Option<u32> {
        let (from, to) = (tour.nodes[leg], tour.nodes[leg + 1]);
        let price = price(&self.uses, tour, leg, AT_LEISURE);
        let now = tour.legs[leg].iter().fold(Label::ZERO, |sum, hop| {
            let link = &self.graph.links()[hop.link as usize];
            sum.plus(price(hop.link, link), link.ticks)
        });
        let is_beyond = |_, label: Label| label.ticks > most;
        self.router.spread(from, is_beyond, &price);
        self.from_end.spread(to, is_beyond, &price);
        let vias = (0..self.graph.node_count() as u32).filter_map(|node| {
            // Met by the same link from both ends, it is up a street that is walked there and back.
            if self.router.via(node) == self.from_end.via(node) {
                return None;
            }
            let back = self.from_end.label(node);
            let round = self.router.label(node).plus(back.cost, back.ticks);
            let longer = round.ticks.checked_sub(now.ticks)?;
            let dearer = round.surcharge().saturating_sub(now.surcharge());
            // A sum that is beyond all counting tells nothing.
            let is_new_ground = dearer <= longer && round.is_reached();
            (round.ticks <= most && is_new_ground).then(|| (longer - dearer, longer, node))
        });
        let (_, longer, via) = vias.max()?;
        (longer > 0).then_some(via)
    }
}
