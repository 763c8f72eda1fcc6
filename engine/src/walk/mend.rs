//! A walk is walked with less repetition: in another order, or with other stops.

use super::plan::{Plan, Planner};

/// Stops with repetition on the way to them that are looked at.
const MAX_MENDS: usize = 8;

/// Other positions in the order that each of them is tried at.
const MAX_MOVES: usize = 3;

impl Planner<'_> {
    /// Moves stops that are hard to reach without repetition, or does without them where others make up for them.
    pub(super) fn mend(&mut self, mut plan: Plan, mut value: f64) -> (Plan, f64) {
        let mut looked_at = Vec::new();
        let mut left_out = Vec::new();
        while looked_at.len() < MAX_MENDS && !self.is_late() {
            let may_go = |place| !looked_at.contains(&place);
            let Some(stop) = self.stitcher.most_repetitive(&plan.tour, may_go) else {
                break;
            };
            looked_at.push(stop);
            left_out.push(stop);
            let others = self.elsewhere(&plan, stop);
            let may_go = !self.kept.contains(&stop);
            let without = may_go.then(|| self.without(&plan, stop, &left_out));
            for other in others.into_iter().chain(without.flatten()) {
                let other_value = self.value(&other);
                let (other, other_value) = self.fill_with_detours(other, other_value);
                if other_value > value {
                    (plan, value) = (other, other_value);
                }
            }
            if plan.tour.places.contains(&stop) {
                left_out.pop();
            }
        }
        (plan, value)
    }

    /// The plans in which a stop comes at another time.
    fn elsewhere(&mut self, plan: &Plan, stop: usize) -> Vec<Plan> {
        let (rest, old) = taken_out(&plan.tour.places, stop);
        let mut insertions: Vec<_> = self
            .insertions(&rest, stop)
            .filter(|&(_, at)| Some(at) != old)
            .collect();
        insertions.sort_unstable();
        insertions.truncate(MAX_MOVES);
        insertions
            .into_iter()
            .filter_map(|(_, at)| {
                let mut order = rest.clone();
                order.insert(at, stop);
                self.stitch(&order).map(|plan| self.loosen(plan))
            })
            .collect()
    }

    /// The plan that does without a stop, filled up with others than those left out.
    fn without(&mut self, plan: &Plan, stop: usize, left_out: &[usize]) -> Option<Plan> {
        let (rest, _) = taken_out(&plan.tour.places, stop);
        self.walk(&rest, left_out)
    }
}

/// An order without a stop, and the position that it had.
fn taken_out(order: &[usize], stop: usize) -> (Vec<usize>, Option<usize>) {
    let rest = order.iter().copied().filter(|&place| place != stop);
    (
        rest.collect(),
        order.iter().position(|&place| place == stop),
    )
}
