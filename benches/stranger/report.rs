//! The figures beside their targets.

use std::time::Duration;

use crate::people::{Life, Times};
use crate::stranger::Answers;
use crate::survey::Cost;
use crate::watch::{Memory, Readiness};

/// Figures of one build.
pub(crate) struct Hour {
    pub(crate) build: String,
    /// Without and with the stranger.
    pub(crate) times: [Life; 2],
    pub(crate) ready: [Readiness; 2],
    /// Before, after the quiet while, at most in the storm, and after it.
    pub(crate) memory: [Memory; 4],
    pub(crate) answers: Answers,
}

/// Ratio by which the others may be served more slowly.
const ALLOWED: f64 = 1.5;
/// Growth of the memory that is flat.
const FLAT: f64 = 1.2;

type Part = (&'static str, fn(&Life) -> &Times);
const PARTS: [Part; 3] = [
    ("login", |life| &life.login),
    ("GET /users/me", |life| &life.profile),
    ("POST to complete", |life| &life.walk),
];

type Share = (&'static str, fn(&Memory) -> f64);
const SHARES: [Share; 3] = [
    ("server", |memory| memory.server),
    ("worker", |memory| memory.worker),
    ("Redis", |memory| memory.redis),
];

pub(crate) fn print_survey(costs: &[Cost]) {
    println!(
        "  what one request costs{:>22}{:>14}{:>14}  answers",
        "processor ms", "memory kB", "answer ms"
    );
    for cost in costs {
        let Cost {
            kind,
            processor_ms,
            kilobytes,
            answer_ms,
            answers,
        } = cost;
        let statuses = statuses(answers, kind.name);
        println!(
            "    {:36}{processor_ms:>4.1}{kilobytes:>14.0}{answer_ms:>14.1}  {statuses}",
            kind.name
        );
    }
}

pub(crate) fn print_answers(hour: &Hour) {
    println!("  what the storm was answered");
    let mut kinds: Vec<&str> = hour.answers.keys().map(|(kind, _)| *kind).collect();
    kinds.dedup();
    for kind in kinds {
        println!("    {kind:36}{}", statuses(&hour.answers, kind));
    }
}

fn statuses(answers: &Answers, kind: &str) -> String {
    let of_kind = answers.iter().filter(|((name, _), _)| *name == kind);
    let texts = of_kind.map(|((_, status), count)| format!("{count}x{status}"));
    texts.collect::<Vec<_>>().join(" ")
}

pub(crate) fn print(hours: &[Hour]) {
    for hour in hours {
        println!("{}", hour.build);
        println!(
            "  {:38}{:>10}{:>10}{:>10}{:>12}",
            "others, ms", "quiet", "storm", "ratio", "target"
        );
        for (name, part) in PARTS {
            print_times(name, part(&hour.times[0]), part(&hour.times[1]));
        }
        let share = |Readiness { probes, ready }| 100.0 * ready as f64 / probes.max(1) as f64;
        let [quiet, storm] = hour.ready.map(share);
        println!(
            "  {:38}{quiet:>10.1}{storm:>10.1}{:>10}{:>12}",
            "ready, % of probes", "", "100"
        );
        println!(
            "  {:38}{:>10}{:>10}{:>10}{:>12}",
            "memory, MB", "quiet", "storm", "after", "target"
        );
        for (name, share) in SHARES {
            let [_, quiet, peak, after] = hour.memory.each_ref().map(share);
            println!(
                "  {name:38}{quiet:>10.1}{peak:>10.1}{after:>10.1}{:>12.1}",
                quiet * FLAT
            );
        }
    }
}

fn print_times(name: &str, quiet: &Times, storm: &Times) {
    for (label, share) in [("p50", 0.5), ("p99", 0.99)] {
        let (before, during) = (ms(quiet, share), ms(storm, share));
        let target = if label == "p99" {
            format!("<= {ALLOWED}")
        } else {
            String::new()
        };
        println!(
            "  {:38}{before:>10.1}{during:>10.1}{:>10.2}{target:>12}",
            format!("{name}, {label}"),
            during / before
        );
    }
    println!(
        "  {:38}{:>10}{:>10}{:>10}{:>12}",
        format!(
            "{name}, not served of {} and {}",
            quiet.times.len(),
            storm.times.len()
        ),
        quiet.failed,
        storm.failed,
        "",
        "0"
    );
}

/// The time below which this share of them is, in milliseconds.
fn ms(times: &Times, share: f64) -> f64 {
    let mut sorted: Vec<Duration> = times.times.clone();
    sorted.sort_unstable();
    let index = (sorted.len().saturating_sub(1)) as f64 * share;
    sorted
        .get(index.ceil() as usize)
        .map_or(0.0, Duration::as_secs_f64)
        * 1e3
}
