//! An exact solver, to judge the search by.

use super::Problem;

/// The best score that any tour within the budget has: dynamic programming over subsets (Held and Karp 1962).
///
/// Takes memory for `2^stops × stops` costs, so at most about 15 places beside start and end.
pub(super) fn optimum(problem: &Problem) -> f64 {
    let (start, end) = (problem.start(), problem.end());
    let stops: Vec<usize> = (0..problem.len())
        .filter(|place| *place != start && *place != end)
        .collect();
    let mut cheapest = vec![vec![u64::MAX; stops.len()]; 1 << stops.len()];
    for (last, stop) in stops.iter().enumerate() {
        cheapest[1 << last][last] = way(problem, start, *stop) + visit(problem, *stop);
    }
    let ends = if problem.is_round_trip() {
        visit(problem, start)
    } else {
        visit(problem, start) + visit(problem, end)
    };
    let mut best = problem.score(&[start, end]);
    for chosen in 1..cheapest.len() {
        for last in (0..stops.len()).filter(|last| chosen >> last & 1 == 1) {
            let cost = cheapest[chosen][last];
            if cost.saturating_add(way(problem, stops[last], end) + ends)
                <= u64::from(problem.budget())
            {
                best = best.max(score(problem, &stops, chosen));
            }
            for next in (0..stops.len()).filter(|next| chosen >> next & 1 == 0) {
                let longer = cost.saturating_add(
                    way(problem, stops[last], stops[next]) + visit(problem, stops[next]),
                );
                let known = &mut cheapest[chosen | 1 << next][next];
                *known = longer.min(*known);
            }
        }
    }
    best
}

fn way(problem: &Problem, from: usize, to: usize) -> u64 {
    problem.times().get(from, to).into()
}

fn visit(problem: &Problem, place: usize) -> u64 {
    problem.visits()[place].into()
}

fn score(problem: &Problem, stops: &[usize], chosen: usize) -> f64 {
    let on_tour = stops
        .iter()
        .enumerate()
        .filter(|(i, _)| chosen >> i & 1 == 1)
        .map(|(_, stop)| *stop);
    let order: Vec<usize> = [problem.start()]
        .into_iter()
        .chain(on_tour)
        .chain([problem.end()])
        .collect();
    problem.score(&order)
}
