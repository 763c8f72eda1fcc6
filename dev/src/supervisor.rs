//! The processes of `make run`: started, waited for, started again when they end, and stopped.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use wildside_dev::child::{Process, Signal, copy, ending_with_parent};

use crate::caller::Caller;
use crate::state::State;
use crate::words::{Clock, say};

/// A process that runs for so long counts as well again.
const CALM: Duration = Duration::from_secs(10);
/// Ends in a row, each sooner than [`CALM`], after which a process is given up, and all others with it.
const MOST_ENDS: u32 = 6;
const TICK: Duration = Duration::from_millis(50);
const LOG_LINES: usize = 20;

/// Count of the quick ends of one process, and the pause before it is started again.
#[derive(Debug, Default)]
struct Ends(u32);

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Wait,
    Start,
    GiveUp,
}

impl Ends {
    /// Restart policy for a process that has ended, so long after its last start: at once, then after longer and longer
    /// pauses, as an orchestrator would, not for ever.
    fn next(&mut self, since_start: Duration) -> Next {
        if since_start >= CALM {
            self.0 = 0;
        }
        if since_start < Duration::from_secs(self.0.into()) {
            return Next::Wait;
        }
        self.0 += 1;
        if self.0 < MOST_ENDS {
            Next::Start
        } else {
            Next::GiveUp
        }
    }
}

/// A process that is to run until all end.
#[derive(Debug)]
struct Supervised {
    name: &'static str,
    command: Command,
    process: Process,
    started: Instant,
    ends: Ends,
}

/// All processes of this run, and the caller who may end it.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(crate) state: State,
    pub(crate) clock: Clock,
    caller: Caller,
    processes: Vec<Supervised>,
}

impl Supervisor {
    pub(crate) fn new(state: State, clock: Clock) -> Result<Self> {
        Ok(Self {
            state,
            clock,
            caller: Caller::heed()?,
            processes: Vec::new(),
        })
    }

    /// Starts a process whose output goes to a log of its own.
    pub(crate) fn start(&mut self, name: &'static str, command: Command) -> Result<()> {
        let _ = fs::remove_file(self.state.log(name));
        let process = start(&self.state, name, &command)?;
        self.processes.push(Supervised {
            name,
            command,
            process,
            started: Instant::now(),
            ends: Ends::default(),
        });
        Ok(())
    }

    /// Waits until `ready` holds; fails with the log when the process ends, or is too slow.
    pub(crate) fn wait_until(
        &mut self,
        name: &'static str,
        patience: Duration,
        ready: impl Fn() -> bool,
    ) -> Result<()> {
        let begun = Instant::now();
        while !ready() {
            self.caller.check()?;
            let process = self
                .processes
                .iter_mut()
                .find(|process| process.name == name);
            if process.is_none_or(|process| !process.process.is_running()) {
                return Err(self.failure(name, "has ended instead of starting"));
            }
            if begun.elapsed() > patience {
                return Err(self.failure(name, "is not ready after a long wait"));
            }
            sleep(TICK);
        }
        Ok(())
    }

    /// Runs a command to its end with its output in a log, of which the end is shown when it fails.
    pub(crate) fn complete(&self, name: &'static str, command: &Command) -> Result<()> {
        let log = self.state.log(name);
        let _ = fs::remove_file(&log);
        let process = Process::start(ending_with_parent(command, "TERM"), &log)?;
        if self.wait_for(process)? {
            return Ok(());
        }
        Err(with_log(&log, anyhow!("this failed: {name}")))
    }

    /// Runs a command to its end with its output in the terminal.
    pub(crate) fn show(&self, command: &Command, failure: &str) -> Result<()> {
        let process = Process::spawn(ending_with_parent(command, "TERM"))
            .with_context(|| failure.to_owned())?;
        if self.wait_for(process)? {
            return Ok(());
        }
        bail!("{failure}");
    }

    /// Test that it ends well.
    fn wait_for(&self, mut process: Process) -> Result<bool> {
        loop {
            if let Some(status) = process.ended()? {
                return Ok(status.success());
            }
            if let Err(stopped) = self.caller.check() {
                process.stop(Signal::TERM, Duration::from_secs(10));
                return Err(stopped.into());
            }
            sleep(TICK);
        }
    }

    /// Keeps everything running until the caller ends it; fails when a process ends again and again.
    pub(crate) fn watch(&mut self) -> Result<()> {
        loop {
            self.caller.check()?;
            self.keep_running()?;
            sleep(TICK);
        }
    }

    fn keep_running(&mut self) -> Result<()> {
        for index in 0..self.processes.len() {
            let Supervised {
                name,
                process,
                started,
                ends,
                command,
            } = &mut self.processes[index];
            if process.ended()?.is_none() {
                continue;
            }
            match ends.next(started.elapsed()) {
                Next::Wait => {}
                Next::Start => {
                    self.clock
                        .step(&format!("{name} has ended and is started again"));
                    *process = start(&self.state, name, command)?;
                    *started = Instant::now();
                }
                Next::GiveUp => {
                    let name = *name;
                    return Err(self.failure(name, "ends again and again"));
                }
            }
        }
        Ok(())
    }

    /// Ends a process that an earlier run, killed itself, has left behind.
    pub(crate) fn stop_leftover(&self, name: &str, program: &Path, signal: &str) -> Result<()> {
        let file = self.state.path(&format!("{name}.pid"));
        let pid = fs::read_to_string(&file).unwrap_or_default();
        let pid = pid.trim();
        let _ = fs::remove_file(&file);
        if pid.is_empty() || !is_program(pid, program) {
            return Ok(());
        }
        say(&format!(
            "stopping {name} (process {pid}), left over from a run that was killed"
        ));
        let begun = Instant::now();
        let mut now = signal;
        while is_program(pid, program) {
            self.caller.check()?;
            Command::new("kill")
                .args([&format!("-{now}"), pid])
                .status()?;
            sleep(TICK * 4);
            if begun.elapsed() > Duration::from_secs(15) {
                now = "KILL";
            }
        }
        Ok(())
    }

    /// Ends the processes, those first that ask the others.
    pub(crate) fn stop_all(&mut self) {
        if !self.processes.is_empty() {
            self.clock.step("stopping");
        }
        for Supervised { name, process, .. } in &self.processes {
            if ["server", "worker"].contains(name) {
                process.signal_group(Signal::TERM);
            }
        }
        while let Some(mut supervised) = self.processes.pop() {
            let (signal, seconds) = ending(supervised.name);
            if !supervised
                .process
                .stop(signal, Duration::from_secs(seconds))
            {
                say(&format!("{} does not stop and is killed", supervised.name));
            }
            let _ = fs::remove_file(self.state.path(&format!("{}.pid", supervised.name)));
        }
    }

    fn failure(&self, name: &str, words: &str) -> anyhow::Error {
        with_log(&self.state.log(name), anyhow!("{name} {words}"))
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop_all();
    }
}

/// Signal that asks a process to end, and the seconds that it may take.
fn ending(name: &str) -> (Signal, u64) {
    match name {
        // With its connections, instead of waiting for them.
        "postgres" => (Signal::INT, 60),
        "redis" => (Signal::TERM, 20),
        "server" | "worker" => (Signal::TERM, 40),
        _ => (Signal::TERM, 10),
    }
}

fn start(state: &State, name: &str, command: &Command) -> Result<Process> {
    let process = Process::start(copy(command), &state.log(name))
        .with_context(|| format!("{name} can't be started"))?;
    state.write(&format!("{name}.pid"), &format!("{}\n", process.id()))?;
    Ok(process)
}

/// Test that that process runs that program, and is not another one with a used-up number.
fn is_program(pid: &str, program: &Path) -> bool {
    let (Ok(running), Ok(program)) = (
        fs::read_link(format!("/proc/{pid}/exe")),
        program.canonicalize(),
    ) else {
        return false;
    };
    let running = running.to_string_lossy();
    Path::new(running.trim_end_matches(" (deleted)")) == program
}

/// The error, after the end of a log.
fn with_log(log: &Path, error: anyhow::Error) -> anyhow::Error {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    say(&lines[lines.len().saturating_sub(LOG_LINES)..].join("\n"));
    anyhow!("{error}\nthe whole output is in {}", log.display())
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::{Ends, Next, Supervisor, ending_with_parent};
    use crate::state::State;
    use crate::words::Clock;

    #[test]
    fn a_quick_end_is_followed_by_longer_and_longer_pauses_and_the_sixth_is_the_last() {
        let mut ends = Ends::default();
        for pause in 0..5 {
            let (pause, moment) = (Duration::from_secs(pause), Duration::from_millis(1));
            if let Some(before) = pause.checked_sub(moment) {
                assert_eq!(ends.next(before), Next::Wait);
            }
            assert_eq!(ends.next(pause), Next::Start);
        }
        assert_eq!(ends.next(Duration::from_secs(5)), Next::GiveUp);
    }

    #[test]
    fn a_process_that_ran_for_ten_seconds_counts_as_well_again() {
        let mut ends = Ends(5);
        assert_eq!(ends.next(Duration::from_secs(10)), Next::Start);
        assert_eq!(ends.next(Duration::ZERO), Next::Wait);
        assert_eq!(ends.next(Duration::from_secs(1)), Next::Start);
    }

    #[test]
    fn a_process_that_ends_again_and_again_ends_all_others() {
        let folder = TempDir::new().unwrap();
        let state = State::take(folder.path()).unwrap();
        let mut supervisor = Supervisor::new(state, Clock::start()).unwrap();
        let mut sleeps = Command::new("sleep");
        sleeps.arg("1000");
        supervisor
            .start("worker", ending_with_parent(&sleeps, "TERM"))
            .unwrap();
        supervisor.start("server", Command::new("false")).unwrap();
        supervisor.processes[1].ends = Ends(3);
        let sleeper = supervisor.processes[0].process.id();

        let error = supervisor.watch().unwrap_err().to_string();

        assert!(error.starts_with("server ends again and again"), "{error}");
        drop(supervisor);
        assert!(!std::fs::exists(format!("/proc/{sleeper}")).unwrap());
    }
}
