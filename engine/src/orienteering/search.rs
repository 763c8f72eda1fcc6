//! Metaheuristic search: many starts of which the best go on, then simulated annealing.

use super::instance::{END, Instance};
use super::moves::Moves;
use super::objective::Objective;
use super::progress::Progress;
use super::rng::Rng;
use super::solution::Solution;

/// Number of starts.
const STARTS: usize = 16;
/// Share of the effort after which a single one of them is left.
const CONTEST: f64 = 0.3;
/// Temperature while there are several, in mean gains of a stop.
const CONTEST_TEMPERATURE: f64 = 0.05;
/// Temperatures at the beginning and end of the rest.
const TEMPERATURES: [f64; 2] = [0.15, 0.02];
/// Weight of saved time when tours are compared, as a share of what time brings on the mean.
const SLACK_WORTH: f64 = 0.3;

/// Searches until the effort is spent. Gives the nodes of the best tour, from start to end. `empty` is the objective of no node at all.
pub(super) fn search<O: Objective>(
    instance: &Instance,
    empty: O,
    progress: &mut Progress,
    rng: &mut Rng,
) -> Vec<usize> {
    let direct = Solution::direct(instance, empty);
    if instance.nodes() == END + 1 {
        return direct.tour.iter().collect();
    }
    let mut search = Search::new(instance, &direct, rng);
    search.add_starts(instance, &direct, progress, rng);
    while progress.step() {
        search.iterate(instance, progress.share(), rng);
    }
    search.best.tour.iter().collect()
}

/// One of several searches that compete.
#[derive(Debug)]
struct Contender<O> {
    current: Solution<O>,
    best_score: f64,
}

/// Starts forced through different nodes compete by successive halving (Jamieson and Talwalkar 2016), because the part of town that a
/// tour goes to is hard to change later; the winner goes on under simulated annealing (Kirkpatrick et al. 1983).
#[derive(Debug)]
struct Search<'a, O> {
    moves: Moves<'a>,
    contenders: Vec<Contender<O>>,
    turn: usize,
    trial: Solution<O>,
    best: Solution<O>,
    /// The unit of temperatures.
    mean_gain_of_stop: f64,
    mean_gain_of_time: f64,
}

impl<'a, O: Objective> Search<'a, O> {
    fn new(instance: &'a Instance, direct: &Solution<O>, rng: &mut Rng) -> Self {
        let mut moves = Moves::new(instance, rng);
        let mut first = direct.clone();
        moves.fill(&mut first, rng);
        Self {
            moves,
            contenders: vec![Contender::new(first.clone())],
            turn: 0,
            trial: first.clone(),
            mean_gain_of_stop: first.score() / first.tour.stops().max(1) as f64,
            mean_gain_of_time: first.score() / f64::from(instance.budget().max(1)),
            best: first,
        }
    }

    fn add_starts(
        &mut self,
        instance: &Instance,
        direct: &Solution<O>,
        progress: &mut Progress,
        rng: &mut Rng,
    ) {
        while self.contenders.len() < STARTS && progress.step() {
            let mut start = direct.clone();
            let anchor = rng.between(END + 1, instance.nodes() - 1);
            start.try_insert(instance, anchor, instance.budget() - start.tour.cost());
            self.moves.fill(&mut start, rng);
            self.note_if_best(&start);
            self.contenders.push(Contender::new(start));
        }
    }

    fn iterate(&mut self, instance: &Instance, share: f64, rng: &mut Rng) {
        self.halve_when_due(share);
        let temperature = self.mean_gain_of_stop * self.temperature(share);
        self.turn = (self.turn + 1) % self.contenders.len();
        let contender = &mut self.contenders[self.turn];
        self.trial.copy_from(&contender.current);
        self.moves.change(&contender.current, &mut self.trial, rng);
        if self.trial.tour.cost() > instance.budget() {
            // Ruin without a way across the gap that recreate could not fill.
            return;
        }
        let saved = contender.current.tour.cost() - self.trial.tour.cost();
        let change = self.trial.score() - contender.current.score()
            + SLACK_WORTH * self.mean_gain_of_time * f64::from(saved);
        if change >= 0.0 || rng.unit() < (change / temperature).exp() {
            std::mem::swap(&mut self.trial, &mut contender.current);
            contender.best_score = contender.best_score.max(contender.current.score());
            if contender.current.score() > self.best.score() {
                self.best.copy_from(&contender.current);
            }
        }
    }

    /// Keeps the better half of the contenders at equal steps of the contest's share.
    fn halve_when_due(&mut self, share: f64) {
        let rounds = STARTS.ilog2();
        let round = (share / CONTEST * f64::from(rounds)) as u32;
        let keep = (STARTS >> round.min(rounds)).max(1);
        if self.contenders.len() > keep {
            self.contenders
                .sort_by(|a, b| b.best_score.total_cmp(&a.best_score));
            self.contenders.truncate(keep);
        }
    }

    fn temperature(&self, share: f64) -> f64 {
        if self.contenders.len() > 1 {
            return CONTEST_TEMPERATURE;
        }
        let [first, last] = TEMPERATURES;
        first + (last - first) * ((share - CONTEST) / (1.0 - CONTEST)).clamp(0.0, 1.0)
    }

    fn note_if_best(&mut self, solution: &Solution<O>) {
        if solution.score() > self.best.score() {
            self.best.copy_from(solution);
        }
    }
}

impl<O: Objective> Contender<O> {
    fn new(current: Solution<O>) -> Self {
        Self {
            best_score: current.score(),
            current,
        }
    }
}
