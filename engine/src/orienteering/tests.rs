//! The solver against an exact one, and against what must always hold.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::exact::optimum;
use super::rng::Rng;
use super::{Effort, Group, Problem, ProblemError, TimeMatrix, Tour, solve};

const ITERATIONS: Effort = Effort::iterations(300);

/// Everything that holds for any tour of any problem.
fn check(problem: &Problem, tour: &Tour) {
    assert_eq!(tour.order.first(), Some(&problem.start()));
    assert_eq!(tour.order.last(), Some(&problem.end()));
    let mut stops = tour.order[1..tour.order.len() - 1].to_vec();
    stops.extend([problem.start(), problem.end()]);
    stops.sort_unstable();
    let visits = stops.len();
    stops.dedup();
    assert_eq!(
        stops.len(),
        visits - usize::from(problem.is_round_trip()),
        "no place twice"
    );
    assert_eq!(u64::from(tour.cost), problem.cost(&tour.order));
    assert!(tour.cost <= problem.budget());
    assert!((tour.score - problem.score(&tour.order)).abs() < 1e-9);
}

/// Places on a slope up to so high: the way up takes longer than the way down. All times are shortest times.
fn plane(places: usize, height: usize, rng: &mut Rng) -> TimeMatrix {
    let place = |_| {
        (
            [rng.unit() * 1000.0, rng.unit() * 1000.0],
            rng.below(height + 1) as u32,
        )
    };
    let at: Vec<([f64; 2], u32)> = (0..places).map(place).collect();
    let time = |from: usize, to: usize| {
        let ((a, low), (b, high)) = (at[from], at[to]);
        (a[0] - b[0]).hypot(a[1] - b[1]).ceil() as u32 + high.saturating_sub(low)
    };
    TimeMatrix::from_fn(places, time).unwrap()
}

prop_compose! {
    /// Problems of all sorts with less than so many places.
    fn any_problem(most: usize)(
        places in 1..most,
        height in prop_oneof![Just(0_usize), 1_usize..300],
        visit in prop_oneof![Just(0_usize), Just(50)],
        groups in 0_usize..3,
        no_way in prop_oneof![Just(0.0), Just(0.2)],
        share in 0.0..1.2,
        ends_elsewhere: bool,
        seed: u64,
    ) -> Problem {
        let rng = &mut Rng::new(seed);
        let times = plane(places, height, rng);
        let end = if ends_elsewhere { places - 1 } else { 0 };
        let blocked = |rng: &mut Rng, from, to| (from, to) != (0, end) && rng.chance(no_way);
        let times = TimeMatrix::from_fn(places, |from, to| {
            if blocked(rng, from, to) { TimeMatrix::NO_WAY } else { times.get(from, to) }
        }).unwrap();
        let prizes: Vec<f64> = (0..places).map(|_| if rng.chance(0.2) { 0.0 } else { rng.unit() * 10.0 }).collect();
        let visits: Vec<u32> = (0..places).map(|_| rng.below(visit + 1) as u32).collect();
        let direct = if end == 0 { 0 } else { times.get(0, end) };
        let budget = direct + visits[0] + visits[end] + (share * 3000.0) as u32;
        let groups = (0..groups).map(|_| Group {
            decay: rng.unit(),
            members: (0..places).filter(|_| rng.chance(0.6)).map(|place| (place, prizes[place])).collect(),
        }).collect();
        Problem::new(times, prizes.clone(), visits, 0, end, budget).unwrap().with_groups(groups).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn tours_are_valid_and_never_better_than_the_optimum(problem in any_problem(10), seed: u64) {
        let tour = solve(&problem, seed, ITERATIONS);
        check(&problem, &tour);
        prop_assert!(tour.score <= optimum(&problem) + 1e-9);
    }

    #[test]
    fn the_same_seed_gives_the_same_tour(problem in any_problem(10), seed: u64) {
        prop_assert_eq!(solve(&problem, seed, ITERATIONS), solve(&problem, seed, ITERATIONS));
    }
}

proptest! {
    // Long tours take other turns than short ones: neighbour lists, segments, lazy insertions.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn long_tours_are_valid_and_the_same_for_the_same_seed(problem in any_problem(120), seed: u64) {
        let tour = solve(&problem, seed, ITERATIONS);
        check(&problem, &tour);
        prop_assert_eq!(solve(&problem, seed, ITERATIONS), tour);
    }
}

/// Random problems of up to 13 places, most of them symmetric round trips, half of them with groups.
fn random_problem(rng: &mut Rng) -> Problem {
    let places = rng.between(5, 13);
    let times = plane(places, if rng.chance(0.3) { 200 } else { 0 }, rng);
    let prizes: Vec<f64> = (0..places).map(|_| rng.between(1, 100) as f64).collect();
    let end = if rng.chance(0.3) { places - 1 } else { 0 };
    let budget = times.get(0, end) * u32::from(end != 0) + rng.between(300, 2500) as u32;
    let groups = (0..rng.below(2) * 3)
        .map(|group| Group {
            decay: rng.unit(),
            members: (0..places)
                .filter(|place| place % 3 == group)
                .map(|place| (place, prizes[place]))
                .collect(),
        })
        .collect();
    let problem = Problem::new(times, prizes, vec![0; places], 0, end, budget).unwrap();
    problem.with_groups(groups).unwrap()
}

#[test]
fn small_problems_are_nearly_always_solved_to_the_optimum() {
    let rng = &mut Rng::new(7);
    let solved = |seed| {
        let problem = random_problem(rng);
        (solve(&problem, seed, Effort::iterations(1000)).score - optimum(&problem)).abs() < 1e-9
    };
    assert!((0..100).map(solved).filter(|solved| *solved).count() >= 99);
}

#[test]
fn groups_are_counted_as_they_are_defined() {
    let times = TimeMatrix::from_fn(5, |from, to| u32::from(from != to)).unwrap();
    let problem = |decay| {
        let group = Group {
            decay,
            members: vec![(1, 1.0), (2, 4.0), (3, 2.0)],
        };
        let problem =
            Problem::round_trip(times.clone(), vec![0.0, 0.0, 0.0, 0.0, 1.5], 0, 100).unwrap();
        problem.with_groups(vec![group]).unwrap()
    };
    assert!((problem(0.5).score(&[0, 1, 3, 2, 0]) - (4.0 + 1.0 + 0.25)).abs() < 1e-12);
    assert!((solve(&problem(0.5), 1, ITERATIONS).score - (4.0 + 1.0 + 0.25 + 1.5)).abs() < 1e-12);
}

#[test]
fn a_start_alone_is_a_tour() {
    let times = TimeMatrix::from_rows(1, vec![7]).unwrap();
    let problem = Problem::new(times, vec![2.0], vec![3], 0, 0, 5).unwrap();
    assert_eq!(
        solve(&problem, 1, ITERATIONS),
        Tour {
            order: vec![0, 0],
            score: 2.0,
            cost: 3
        }
    );
}

#[test]
fn without_budget_or_prizes_the_tour_is_the_direct_way() {
    let rng = &mut Rng::new(1);
    let times = plane(20, 0, rng);
    let stay = Problem::round_trip(times.clone(), vec![1.0; 20], 0, 0).unwrap();
    assert_eq!(solve(&stay, 1, ITERATIONS).order, [0, 0]);
    let worthless = Problem::new(times, vec![0.0; 20], vec![1; 20], 0, 1, 5000).unwrap();
    assert_eq!(solve(&worthless, 1, ITERATIONS).order, [0, 1]);
}

#[test]
fn three_thousand_places_are_solved_in_time() {
    let rng = &mut Rng::new(3);
    let times = plane(3000, 20, rng);
    let prizes = (0..3000).map(|_| rng.unit()).collect();
    let problem = Problem::new(times, prizes, vec![5; 3000], 0, 1, 4000).unwrap();
    let tour = solve(&problem, 1, Effort::iterations(50));
    check(&problem, &tour);
    assert!(tour.order.len() > 50);
}

#[test]
fn a_deadline_that_has_passed_still_gives_a_tour() {
    let rng = &mut Rng::new(2);
    let problem = Problem::round_trip(plane(300, 0, rng), vec![1.0; 300], 0, 3000).unwrap();
    check(&problem, &solve(&problem, 1, Effort::until(Instant::now())));
}

#[test]
fn three_thousand_places_keep_to_the_deadline() {
    const PLACES: usize = 3000;
    let times = plane(PLACES, 0, &mut Rng::new(1));
    let problem = Problem::round_trip(times, vec![1.0; PLACES], 0, 5000).unwrap();
    let began = Instant::now();
    let tour = solve(
        &problem,
        1,
        Effort::until(began + Duration::from_millis(20)),
    );
    // Others may be using the machine.
    assert!(began.elapsed() < Duration::from_millis(300));
    check(&problem, &tour);
    assert!(tour.score > 100.0, "{}", tour.score);
}

#[test]
fn what_is_no_problem_is_refused() {
    let times = || TimeMatrix::from_rows(2, vec![0, 5, TimeMatrix::NO_WAY, 0]).unwrap();
    let refusal = |prize, start, budget| {
        Problem::new(
            times(),
            vec![prize, 1.0],
            vec![0; 2],
            start,
            1 - start.min(1),
            budget,
        )
        .unwrap_err()
    };
    assert_eq!(
        TimeMatrix::from_rows(2, vec![0; 3]).unwrap_err(),
        ProblemError::Length {
            what: "times",
            expected: 4,
            found: 3
        }
    );
    assert_eq!(refusal(f64::NAN, 0, 9), ProblemError::Prize { place: 0 });
    assert_eq!(refusal(-1.0, 0, 9), ProblemError::Prize { place: 0 });
    assert_eq!(
        refusal(1.0, 2, 9),
        ProblemError::NoSuchPlace {
            what: "start",
            place: 2
        }
    );
    assert_eq!(
        refusal(1.0, 0, 4),
        ProblemError::EndBeyondBudget { needed: 5 }
    );
    assert_eq!(
        refusal(1.0, 1, 9),
        ProblemError::EndBeyondBudget { needed: u32::MAX }
    );
    assert_eq!(refusal(1.0, 0, u32::MAX), ProblemError::BudgetTooLarge);
}
