//! The figures beside their targets.

use std::time::Duration;

use crate::processor::Shares;

/// Figures of one subject.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// From asking to `complete` at a steady rate, sorted.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) walks: usize,
    pub(crate) walks_per_second: f64,
    pub(crate) processor_us: Shares,
    /// Of the server's process, after a tenth of the walks and after all.
    pub(crate) resident_mb: Vec<f64>,
}

/// Figures of the real engine on an idle system.
#[derive(Debug, Default)]
pub(crate) struct Strolls {
    /// From asking to `complete`.
    pub(crate) computed: Vec<Duration>,
    /// From the worker's first word to `complete`.
    pub(crate) performed: Vec<Duration>,
    /// From asking to `complete` when an earlier walk is the answer.
    pub(crate) cached: Vec<Duration>,
}

type Row = (&'static str, fn(&Figures) -> f64, &'static str);

const ROWS: [Row; 10] = [
    ("walks/s", |f| f.walks_per_second, ">= 1000"),
    (
        "at 200/s: POST to complete, p50 ms",
        |f| ms(&f.latencies, 0.5),
        "<= 3",
    ),
    (
        "                            p99 ms",
        |f| ms(&f.latencies, 0.99),
        "<= 10",
    ),
    (
        "                            max ms",
        |f| ms(&f.latencies, 1.0),
        "",
    ),
    (
        "processor, µs a walk: server, worker",
        |f| f.processor_us.subject,
        "",
    ),
    (
        "                      PostgreSQL",
        |f| f.processor_us.postgres,
        "",
    ),
    ("                      Redis", |f| f.processor_us.redis, ""),
    (
        "                      clients",
        |f| f.processor_us.clients,
        "",
    ),
    (
        "memory of the server, MB: after a tenth",
        |f| f.resident_mb[0],
        "",
    ),
    (
        "                          after all",
        |f| f.resident_mb[1],
        "flat",
    ),
];

pub(crate) fn print_chain(disk: &str, sync_ms: f64, ours: &Figures, theirs: Option<&Figures>) {
    println!(
        "PostgreSQL {disk}, where a sync takes {sync_ms:.2} ms; {} walks",
        ours.walks
    );
    println!("{:44}{:>10}{:>10}{:>10}", "", "wildside", "npm", "target");
    for (name, value, target) in ROWS {
        let theirs = theirs.map_or_else(String::new, |theirs| format!("{:.1}", value(theirs)));
        println!("  {name:42}{:>10.1}{theirs:>10}{target:>10}", value(ours));
    }
}

pub(crate) fn print_strolls(strolls: &Strolls) {
    println!(
        "An hour in Helsinki, real engine, idle, ms{:>16}{:>10}",
        "p50", "p95"
    );
    let rows = [
        ("POST to complete (target 250)", &strolls.computed),
        ("taken up to complete (target 150, 300)", &strolls.performed),
        (
            "POST to complete from the cache (target 20)",
            &strolls.cached,
        ),
    ];
    for (name, times) in rows {
        let mut times = times.clone();
        times.sort_unstable();
        println!(
            "  {name:46}{:>10.1}{:>10.1}",
            ms(&times, 0.5),
            ms(&times, 0.95)
        );
    }
}

/// The time below which this share of the sorted ones is, in milliseconds.
fn ms(sorted: &[Duration], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3
}
