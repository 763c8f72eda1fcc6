//! A stranger's hour: one address sends the dearest requests that the contract allows, as many as the limits let through,
//! and everybody else is asked how long it took them.
//!
//! Server, worker, `PostgreSQL` and Redis are processes of their own with the defaults of production, on a database with
//! 500,000 places and 100,000 walks. First a survey measures what a request of each kind costs; the dearest make the storm.
//! Another build, of any age, can be measured in the same run.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures and reports"
)]

mod kinds;
mod people;
mod report;
mod site;
mod stranger;
mod survey;
mod watch;

use std::env;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use people::People;
use report::Hour;
use site::Site;
use stranger::Stranger;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Longest wait for what the survey has left to do.
const LEFTOVERS: Duration = Duration::from_mins(5);
/// After the storm, before the memory is looked at for the last time.
const REST: Duration = Duration::from_secs(10);

fn main() {
    let mut seconds = env::args().filter_map(|argument| argument.parse().ok());
    let mut next = |default| Duration::from_secs(seconds.next().unwrap_or(default));
    let (quiet, storm) = (next(60), next(120));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let base = env::var("BASE").ok().filter(|path| !path.is_empty());
    let ours = env!("CARGO_BIN_EXE_wildside").to_owned();
    let builds = base.into_iter().chain([ours]);
    let hours: Vec<Hour> = builds
        .map(|build| LocalSet::new().block_on(&runtime, hour(&build, quiet, storm)))
        .collect();
    report::print(&hours);
}

/// One build: the survey, a while without the stranger, and one with.
async fn hour(build: &str, quiet: Duration, storm: Duration) -> Hour {
    println!("{build}");
    let site = Site::start(build).await;
    let stranger = Stranger::arrive(&site).await;
    let costs = survey::survey(&site, &stranger).await;
    report::print_survey(&costs);
    watch::settle(&site, LEFTOVERS).await;
    let people = People::arrive(&site).await;
    let kinds = survey::dearest(&costs);

    let before = site.memory();
    let (quiet_times, quiet_ready) =
        tokio::join!(people.live(quiet), watch::readiness(&site, quiet));
    let after_quiet = site.memory();
    let (storm_times, storm_ready, peak, answers) = tokio::join!(
        people.live(storm),
        watch::readiness(&site, storm),
        watch::peak(&site, storm),
        stranger.rage(&kinds, storm),
    );
    tokio::time::sleep(REST).await;
    let hour = Hour {
        build: build.to_owned(),
        times: [quiet_times, storm_times],
        ready: [quiet_ready, storm_ready],
        memory: [before, after_quiet, peak, site.memory()],
        answers,
    };
    report::print_answers(&hour);
    hour
}
