//! A look at the processes from outside.

use std::fs;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::site::{Site, client_from};

const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// Processor time in a look's interval of processes that wait for something to do.
const IDLE_SECONDS: f64 = 0.02;
/// Longest wait for an answer on readiness.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Memory of processes, in megabytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) server: f64,
    pub(crate) worker: f64,
    pub(crate) redis: f64,
}

impl Memory {
    pub(crate) fn sum(self) -> f64 {
        self.server + self.worker + self.redis
    }

    fn max(self, other: Self) -> Self {
        Self {
            server: self.server.max(other.server),
            worker: self.worker.max(other.worker),
            redis: self.redis.max(other.redis),
        }
    }
}

/// Counts of probes, and of those told that the server is ready.
#[derive(Clone, Copy, Default)]
pub(crate) struct Readiness {
    pub(crate) probes: usize,
    pub(crate) ready: usize,
}

/// Asks for readiness all the time, as whatever sends users there would.
pub(crate) async fn readiness(site: &Site, length: Duration) -> Readiness {
    let (http, url) = (
        client_from([127, 0, 0, 1].into()),
        site.url("/health/ready"),
    );
    let (begun, mut readiness) = (Instant::now(), Readiness::default());
    let mut ticks = interval(LOOK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while begun.elapsed() < length {
        ticks.tick().await;
        let answer = timeout(PROBE_TIMEOUT, http.get(&url).send()).await;
        readiness.probes += 1;
        readiness.ready += usize::from(matches!(answer, Ok(Ok(answer)) if answer.status() == 200));
    }
    readiness
}

/// The most that each process holds meanwhile.
pub(crate) async fn peak(site: &Site, length: Duration) -> Memory {
    let (begun, mut peak) = (Instant::now(), Memory::default());
    let mut ticks = interval(LOOK_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while begun.elapsed() < length {
        ticks.tick().await;
        peak = peak.max(site.memory());
    }
    peak
}

/// Waits until the processes have next to nothing to do, but no longer than this.
pub(crate) async fn settle(site: &Site, patience: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        let before = processor_seconds(site);
        sleep(LOOK_INTERVAL).await;
        if processor_seconds(site) - before <= IDLE_SECONDS {
            break;
        }
    }
}

/// Processor time that server, worker, PostgreSQL and Redis have used so far.
pub(crate) fn processor_seconds(site: &Site) -> f64 {
    let postmaster = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
    let redis = site.redis.command(&["INFO", "server"]);
    let redis = redis
        .lines()
        .find_map(|line| line.strip_prefix("process_id:"));
    let own = [
        site.server.id().to_string(),
        site.worker.id().to_string(),
        redis.unwrap().trim().to_owned(),
    ];
    let own: f64 = own.iter().map(|process| seconds(process)).sum();
    own + with_children(&site.postgres.sql("postgres", postmaster))
}

/// Of a process and its children, those that have ended among them.
fn with_children(process: &str) -> f64 {
    let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let id = entry.ok()?.file_name().into_string().ok()?;
        (fields(&id)?.get(1)? == process).then(|| seconds(&id))
    });
    seconds(process) + children.sum::<f64>()
}

/// The kernel counts in hundredths of a second.
fn seconds(process: &str) -> f64 {
    let Some(fields) = fields(process) else {
        return 0.0;
    };
    let ticks = fields[11..15]
        .iter()
        .filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// The fields of `/proc/…/stat` after the name, which may hold spaces.
fn fields(process: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
