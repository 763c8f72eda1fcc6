//! Survey of what a request of each kind costs.

use std::time::Duration;

use tokio::time::Instant;

use crate::kinds::{KINDS, Kind};
use crate::site::Site;
use crate::stranger::{Answers, Stranger};
use crate::watch::{processor_seconds, settle};

/// No kind takes longer; what is left of its requests is not sent.
const LONGEST: Duration = Duration::from_secs(10);
/// Time for what is done behind an answer, which is counted too.
const AFTERMATH: Duration = Duration::from_secs(5);
/// Kinds of the storm by processor time, and by memory.
const DEAREST: usize = 9;
const LARGEST: usize = 3;

/// The cost of a kind, for each request.
pub(crate) struct Cost {
    pub(crate) kind: Kind,
    /// Of all processes together.
    pub(crate) processor_ms: f64,
    /// That server, worker and Redis have grown by.
    pub(crate) kilobytes: f64,
    pub(crate) answer_ms: f64,
    pub(crate) answers: Answers,
}

/// Sends some of each kind, one after the other; the dearest first.
pub(crate) async fn survey(site: &Site, stranger: &Stranger) -> Vec<Cost> {
    let mut costs = Vec::new();
    for (number, kind) in KINDS.iter().enumerate() {
        costs.push(cost(site, &stranger.at(number), *kind).await);
    }
    costs.sort_by(|a, b| b.processor_ms.total_cmp(&a.processor_ms));
    costs
}

async fn cost(site: &Site, stranger: &Stranger, kind: Kind) -> Cost {
    let (before, memory, mut answers) = (processor_seconds(site), site.memory(), Answers::new());
    let (begun, mut calls) = (Instant::now(), 0);
    while calls < kind.calls && begun.elapsed() < LONGEST {
        let status = stranger.send(&kind, calls).await;
        *answers.entry((kind.name, status)).or_default() += 1;
        calls += 1;
    }
    let answered = begun.elapsed();
    settle(site, AFTERMATH).await;
    let each = 1.0 / calls as f64;
    Cost {
        kind,
        processor_ms: (processor_seconds(site) - before) * 1e3 * each,
        kilobytes: (site.memory().sum() - memory.sum()).max(0.0) * 1e3 * each,
        answer_ms: answered.as_secs_f64() * 1e3 * each,
        answers,
    }
}

/// The kinds of the storm.
pub(crate) fn dearest(costs: &[Cost]) -> Vec<Kind> {
    let mut by_memory: Vec<&Cost> = costs.iter().skip(DEAREST).collect();
    by_memory.sort_by(|a, b| b.kilobytes.total_cmp(&a.kilobytes));
    let largest = by_memory.into_iter().take(LARGEST);
    costs
        .iter()
        .take(DEAREST)
        .chain(largest)
        .map(|cost| cost.kind)
        .collect()
}
