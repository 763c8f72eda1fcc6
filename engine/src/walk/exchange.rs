//! A stop gives way to another.

use rustc_hash::FxHashSet;

use super::plan::{Plan, Planner};

/// Legs of exchanged tours that are put on the streets, so that a long walk takes no longer than a short one.
const MAX_LEGS: usize = 100;

/// A walk that is worth less than this part of the best one before it is loosened is given up.
const PROMISING: f64 = 0.9;

impl Planner<'_> {
    /// Exchanges a stop, or adds one, as long as that makes the walk better: a local search by first improvement, most
    /// rewarding stops first.
    pub(super) fn exchange(&mut self, mut plan: Plan, mut value: f64) -> (Plan, f64) {
        let mut tried = FxHashSet::from_iter([plan.tour.places.clone()]);
        let mut orders = self.exchanges(&plan, value);
        let mut legs = 0;
        while legs < MAX_LEGS
            && !self.is_late()
            && let Some((_, order)) = orders.pop()
        {
            if !tried.insert(order.clone()) {
                continue;
            }
            legs += order.len() - 1;
            if let Some((other, other_value)) = self.promising(&order, value)
                && other_value > value
            {
                orders = self.exchanges(&other, other_value);
                (plan, value) = (other, other_value);
            }
        }
        (plan, value)
    }

    /// Orders with one stop fewer, exchanged or more that fit into the budget, with their scores, the highest last. No walk
    /// is worth more than its score, so those that score no more than `value` are left out.
    fn exchanges(&self, plan: &Plan, value: f64) -> Vec<(f64, Vec<usize>)> {
        let places = &plan.tour.places;
        let budget = u64::from(self.problem.budget());
        let mut orders = vec![];
        for left_out in 0..places.len() - 1 {
            let mut rest = places.clone();
            // The start is never left out: it stands for no stop.
            if left_out > 0 {
                if self.kept.contains(&places[left_out]) {
                    continue;
                }
                rest.remove(left_out);
                orders.push(rest.clone());
            }
            let spare = budget.saturating_sub(self.problem.cost(&rest));
            for place in (0..self.problem.len()).filter(|place| !rest.contains(place)) {
                if let Some((extra, at)) = self.insertions(&rest, place).min()
                    && extra <= spare
                {
                    let mut order = rest.clone();
                    order.insert(at, place);
                    orders.push(order);
                }
            }
        }
        let mut scored: Vec<_> = orders
            .into_iter()
            .map(|order| (self.problem.score(&order), order))
            .filter(|&(score, _)| score > value)
            .collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        scored
    }

    /// The walk along an order of places and its value, if it may come to more than `value`.
    fn promising(&mut self, order: &[usize], value: f64) -> Option<(Plan, f64)> {
        let plan = self.stitch(order)?;
        if self.value(&plan) < PROMISING * value {
            return None;
        }
        let plan = self.loosen(plan);
        let value = self.value(&plan);
        Some(self.fill_with_detours(plan, value))
    }
}
