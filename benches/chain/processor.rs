//! Processor time by process, and time of the disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::place::Place;
use crate::subject::Subject;

/// Microseconds of each walk that the processes of one kind take.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shares {
    pub(crate) subject: f64,
    pub(crate) postgres: f64,
    pub(crate) redis: f64,
    pub(crate) clients: f64,
}

/// Seconds used so far.
pub(crate) struct Processors(Shares);

impl Processors {
    pub(crate) fn begin(place: &Place, subject: &Subject) -> Self {
        let postmaster = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)";
        let redis = place.redis.command(&["INFO", "server"]);
        let redis = redis
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        Self(Shares {
            subject: seconds(&subject.id().to_string()),
            postgres: seconds(&place.postgres.sql("postgres", postmaster)),
            redis: seconds(redis.unwrap().trim()),
            clients: own_seconds(&std::process::id().to_string()),
        })
    }

    pub(crate) fn end(self, place: &Place, subject: &Subject, walks: usize) -> Shares {
        let (Self(before), Self(now)) = (self, Self::begin(place, subject));
        let each = |before: f64, now: f64| (now - before) * 1e6 / walks as f64;
        Shares {
            subject: each(before.subject, now.subject),
            postgres: each(before.postgres, now.postgres),
            redis: each(before.redis, now.redis),
            clients: each(before.clients, now.clients),
        }
    }
}

/// Processor time of a process without its children: those of the clients are the servers.
fn own_seconds(process: &str) -> f64 {
    ticks(process, 11..13).unwrap() as f64 / 100.0
}

/// Processor time of a process and its children; the kernel counts it in hundredths of a second.
fn seconds(process: &str) -> f64 {
    let own = ticks(process, 11..15).unwrap();
    let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let id = entry.ok()?.file_name().into_string().ok()?;
        (parent(&id)? == process).then(|| ticks(&id, 11..15))?
    });
    (own + children.sum::<u64>()) as f64 / 100.0
}

fn parent(process: &str) -> Option<String> {
    Some(fields(process)?.get(1)?.clone())
}

fn ticks(process: &str, columns: std::ops::Range<usize>) -> Option<u64> {
    let fields = fields(process)?;
    fields[columns]
        .iter()
        .map(|ticks| ticks.parse::<u64>().ok())
        .sum()
}

/// The fields of `/proc/…/stat` after the name, which may hold spaces.
fn fields(process: &str) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// Milliseconds in which the disk takes a page, in the middle of many.
pub(crate) fn sync_ms(folder: &Path) -> f64 {
    let path = folder.join(format!("wildside-sync-{}", std::process::id()));
    let mut file = File::create(&path).unwrap();
    let mut times: Vec<f64> = (0..101)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[0; 8192]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    fs::remove_file(path).unwrap();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
