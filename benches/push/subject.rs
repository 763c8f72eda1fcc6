//! A server under measurement, in a process of its own.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

pub(crate) struct Subject {
    process: Child,
    pub(crate) port: u16,
}

impl Subject {
    /// A server that is part of this program.
    pub(crate) fn ours(role: &str, redis_url: &str) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([role, redis_url]);
        Self::start(command)
    }

    /// npm's `ws` with `ioredis`.
    pub(crate) fn peer(redis_url: &str) -> Self {
        let mut command = Command::new("node");
        command.args([
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../benches/push/peer/server.mjs"
            ),
            redis_url,
        ]);
        Self::start(command)
    }

    /// Starts a server that prints its port and ends with its standard input.
    fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        thread::sleep(Duration::from_millis(300));
        Self {
            process,
            port: line.trim().parse().unwrap(),
        }
    }

    pub(crate) fn resident_kib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Processor time used so far, in user and kernel mode; the kernel counts it in hundredths of a second.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: f64 = fields[11..13]
            .iter()
            .map(|ticks| ticks.parse::<f64>().unwrap())
            .sum();
        ticks / 100.0
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().unwrap();
    }
}
