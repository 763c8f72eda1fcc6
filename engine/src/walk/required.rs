//! Places that must be visited: each on its street, and the shortest order of all of them.

use super::candidates::{Candidate, find, stay_seconds, street_of};
use super::result::Obstacle;
use super::start::Ground;
use super::{NoWalk, Poi, WalkRequest};
use crate::network::{Network, TICKS_PER_SECOND};
use crate::orienteering::Problem;
use crate::prize::{prize, prize_of};

/// Relevance of a place that matches no theme and was asked for by name.
const ASKED_FOR: f64 = 0.5;

/// The places that a request includes, each once.
///
/// # Errors
/// [`NoWalk::CannotInclude`] names the first that no walk of this time can visit.
pub(super) fn required<'a>(
    request: &WalkRequest,
    pois: &'a [Poi],
    network: &Network,
    ground: &Ground,
) -> Result<Vec<Candidate<'a>>, NoWalk> {
    let mut ids = request.choice.include.clone();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .map(|id| {
            let cannot = |obstacle| NoWalk::CannotInclude {
                poi_id: id,
                obstacle,
            };
            let mut places = pois.iter().filter(|poi| poi.location.is_valid());
            let poi = places.find(|poi| poi.id == id);
            let poi = poi.ok_or_else(|| cannot(Obstacle::Unknown))?;
            let stay = stay_seconds(poi);
            let of_match = prize(poi, stay, request);
            let prize = of_match.max(prize_of(poi, stay, request, ASKED_FOR));
            find(request, network, ground, poi, prize, true)
                .filter(|found| found.needed <= request.budget_seconds)
                .map(|found| found.candidate)
                .ok_or_else(|| cannot(obstacle(network, ground, poi)))
        })
        .collect()
}

/// The reason for which a place can't be visited.
fn obstacle(network: &Network, ground: &Ground, poi: &Poi) -> Obstacle {
    let anywhere = ground.without_limit(network);
    let needed = street_of(network, &anywhere, poi).and_then(|snap| {
        let (there, back) = anywhere.there_and_back(network, &snap);
        let walking = there.ticks.checked_add(back.ticks)?;
        Some(walking.div_ceil(TICKS_PER_SECOND) + 1 + stay_seconds(poi))
    });
    needed.map_or(Obstacle::NoWay, |needed_seconds| Obstacle::TooLong {
        needed_seconds,
    })
}

/// The shortest order of the places 1, 2, … `count` of a problem from its start to its end, by dynamic programming over sets
/// (Held and Karp 1962).
pub(super) fn shortest_order(problem: &Problem, count: usize) -> Vec<usize> {
    let time = |from: usize, to: usize| u64::from(problem.times().get(from, to));
    let sets = 1_usize << count;
    // For each set and its last place: the time, and the place before.
    let mut best = vec![(u64::MAX, 0); sets * count];
    for place in 0..count {
        best[(1 << place) * count + place] = (time(problem.start(), place + 1), 0);
    }
    for set in 1..sets {
        for last in (0..count).filter(|last| set & (1 << last) != 0) {
            let (so_far, _) = best[set * count + last];
            for next in (0..count).filter(|next| set & (1 << next) == 0) {
                let longer = so_far.saturating_add(time(last + 1, next + 1));
                let known = &mut best[(set | (1 << next)) * count + next];
                if longer < known.0 {
                    *known = (longer, last);
                }
            }
        }
    }
    let mut set = sets - 1;
    let whole = |last: &usize| {
        best[set * count + last]
            .0
            .saturating_add(time(last + 1, problem.end()))
    };
    let mut last = (0..count).min_by_key(whole).unwrap_or(0);
    let mut order = vec![problem.end()];
    while set != 0 {
        order.push(last + 1);
        let (_, before) = best[set * count + last];
        set &= !(1 << last);
        last = before;
    }
    order.push(problem.start());
    order.reverse();
    order
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::orienteering::TimeMatrix;

    fn orders(places: Vec<usize>) -> Vec<Vec<usize>> {
        if places.is_empty() {
            return vec![vec![]];
        }
        let after = |first: usize| {
            let rest = places.iter().copied().filter(|&place| place != first);
            orders(rest.collect())
                .into_iter()
                .map(move |order| [vec![first], order].concat())
        };
        places.iter().copied().flat_map(after).collect()
    }

    proptest! {
        #[test]
        fn no_order_is_shorter(
            points in prop::collection::vec((0..100_i32, 0..100_i32), 7),
            count in 0..6_usize,
            is_round in any::<bool>(),
        ) {
            let times = TimeMatrix::from_fn(7, |a, b| {
                let ((ax, ay), (bx, by)) = (points[a], points[b]);
                ax.abs_diff(bx) + ay.abs_diff(by)
            })
            .unwrap();
            let end = if is_round { 0 } else { 6 };
            let problem = Problem::new(times, vec![0.0; 7], vec![0; 7], 0, end, 10_000).unwrap();
            let order = shortest_order(&problem, count);
            let least = orders((1..=count).collect())
                .into_iter()
                .map(|order| problem.cost(&[vec![0], order, vec![end]].concat()))
                .min();
            prop_assert_eq!(Some(problem.cost(&order)), least);
        }
    }
}
