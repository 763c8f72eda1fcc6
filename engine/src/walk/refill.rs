//! Refilling of a walk with further stops in the time that is left on the streets.

use super::plan::{Plan, Planner};

/// Seconds added to what a stop takes when its gain for its time is judged: a stop that costs nothing is not beyond
/// all measure.
const LEAST_SECONDS: f64 = 30.0;

/// Places that may turn out not to fit on the streets before no more are tried.
const MAX_MISFITS: usize = 3;

impl Planner<'_> {
    /// Puts a tour on the streets and adds stops as long as that makes it better, but none of `left_out`. `None`: it takes
    /// too long, or lacks a stop.
    pub(super) fn walk(&mut self, order: &[usize], left_out: &[usize]) -> Option<Plan> {
        let mut plan = self.stitch(order)?;
        let mut value = self.value(&plan);
        let mut skipped = left_out.to_vec();
        while skipped.len() < left_out.len() + MAX_MISFITS
            && !self.is_late()
            && let Some((place, longer)) = self.with_one_more(&plan, &skipped)
        {
            let longer = self.stitch(&longer);
            let longer = longer.map(|plan| (self.value(&plan), plan));
            match longer.filter(|(other, _)| *other > value) {
                Some(better) => (value, plan) = better,
                None => skipped.push(place),
            }
        }
        let is_walk = plan.tour.places.len() > 2 || !self.standards.needs_stop;
        is_walk.then(|| self.loosen(plan))
    }

    /// The place that gains most for its time among those that fit into what time is left, and the stops with it.
    fn with_one_more(&self, plan: &Plan, skipped: &[usize]) -> Option<(usize, Vec<usize>)> {
        let order = &plan.tour.places;
        let spare = self.spare(plan);
        let mut best: Option<(f64, usize, Vec<usize>)> = None;
        for place in (0..self.problem.len())
            .filter(|place| !order.contains(place) && !skipped.contains(place))
        {
            let Some((extra, at)) = self
                .insertions(order, place)
                .min_by_key(|&(extra, _)| extra)
                .filter(|&(extra, _)| extra <= u64::from(spare))
            else {
                continue;
            };
            let mut longer = order.clone();
            longer.insert(at, place);
            let gain = (self.problem.score(&longer) - plan.score) / (extra as f64 + LEAST_SECONDS);
            if gain > 0.0 && best.as_ref().is_none_or(|(most, _, _)| gain > *most) {
                best = Some((gain, place, longer));
            }
        }
        best.map(|(_, place, longer)| (place, longer))
    }

    /// Positions at which a place may come into an order, with the seconds that it costs there.
    pub(super) fn insertions(
        &self,
        order: &[usize],
        place: usize,
    ) -> impl Iterator<Item = (u64, usize)> {
        let times = self.problem.times();
        let visit = u64::from(self.problem.visits()[place]);
        (1..order.len()).map(move |at| {
            let (before, after) = (order[at - 1], order[at]);
            let round = u64::from(times.get(before, place)) + u64::from(times.get(place, after));
            let direct = if before == after {
                0
            } else {
                u64::from(times.get(before, after))
            };
            ((round + visit).saturating_sub(direct), at)
        })
    }
}
