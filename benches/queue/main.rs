//! The queue alone, with jobs that do nothing: from push to start, jobs a second, and memory over many jobs.
//!
//! Beside it, in the same run and on a Redis of its own, `BullMQ` of npm does the same.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is wrong"
)]

mod figures;
mod peer;
mod subject;

use wildside_test_support::TestRedis;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    println!(
        "{:<24} {:>9} {:>9} {:>9} {:>11} {:>11}",
        "", "p50 ms", "p99 ms", "max ms", "pushes/s", "jobs/s"
    );
    let redis = TestRedis::start();
    let (figures, growth) = runtime.block_on(subject::measure(&redis));
    println!("{:<24} {figures}", "wildside");
    if let Some(figures) = peer::measure() {
        println!("{:<24} {figures}", "BullMQ (npm)");
    }
    println!("{:<24} {:>9}", "target", "<= 2");
    println!("{growth} (target: flat)");
}
