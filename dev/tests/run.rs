//! `make run` as a child: what ends it, what outlives it, and what it starts again.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;
use wildside_dev::ports::free_port;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wildside-dev");
const PATIENCE: Duration = Duration::from_secs(100);
const RUNNING: &str = "Wildside is running";

/// A run in a folder of its own.
struct Run {
    child: Child,
    folder: TempDir,
}

impl Run {
    fn start() -> Self {
        Self::start_in(TempDir::new().unwrap(), Command::new(PROGRAM))
    }

    /// As a recipe of make.
    fn under_make() -> Self {
        let folder = TempDir::new().unwrap();
        let makefile = folder.path().join("Makefile");
        fs::write(&makefile, "run:\n\t@$(PROGRAM) $(ARGUMENTS)\n").unwrap();
        let mut make = Command::new("make");
        make.args(["--file", makefile.to_str().unwrap()]);
        make.arg(format!("PROGRAM={PROGRAM}"));
        let arguments = arguments(folder.path()).join(" ");
        make.arg(format!("ARGUMENTS={arguments}"));
        Self::spawn(folder, make)
    }

    fn start_in(folder: TempDir, mut command: Command) -> Self {
        command.args(arguments(folder.path()));
        Self::spawn(folder, command)
    }

    fn spawn(folder: TempDir, mut command: Command) -> Self {
        let out = fs::File::create(folder.path().join("out")).unwrap();
        let port = free_port().unwrap();
        let child = command
            .env("WILDSIDE_BIND", format!("127.0.0.1:{port}"))
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .process_group(0)
            .spawn()
            .unwrap();
        Self { child, folder }
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.path().join("out")).unwrap()
    }

    fn wait_for(&mut self, words: &str) {
        let begun = Instant::now();
        while !self.text().contains(words) {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it has ended: {}", self.text());
            assert!(begun.elapsed() < PATIENCE, "no `{words}`: {}", self.text());
            sleep(Duration::from_millis(50));
        }
    }

    fn wait_for_end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not end: {}",
                self.text()
            );
            sleep(Duration::from_millis(50));
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Process ids of everything it has started, by name.
    fn started(&self) -> BTreeMap<String, u32> {
        let files = fs::read_dir(self.folder.path().join("state")).unwrap();
        let pids = files.filter_map(|file| {
            let path = file.unwrap().path();
            let name = path.file_name()?.to_str()?.strip_suffix(".pid")?.to_owned();
            Some((name, fs::read_to_string(path).ok()?.trim().parse().ok()?))
        });
        pids.collect()
    }

    /// Fails unless all of these have gone.
    fn assert_gone(&self, started: &BTreeMap<String, u32>) {
        for name in ["postgres", "redis", "server", "worker"] {
            assert!(
                started.contains_key(name),
                "{name} was not started: {started:?}"
            );
        }
        let begun = Instant::now();
        for (name, pid) in started {
            while is_running(*pid) {
                assert!(
                    begun.elapsed() < PATIENCE,
                    "{name} runs on: {}",
                    self.text()
                );
                sleep(Duration::from_millis(50));
            }
        }
    }

    fn kill_started(&self, name: &str) {
        let pid = Pid::from_raw(self.started()[name].cast_signed()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = kill_process_group(self.pid(), Signal::TERM);
        let _ = self.child.wait();
    }
}

fn arguments(folder: &Path) -> [String; 5] {
    let programs = Path::new(PROGRAM).parent().unwrap();
    assert!(
        programs.join("wildside").exists() && programs.join("wildside-ingest").exists(),
        "the programs are not built: use --workspace"
    );
    let state = folder.join("state");
    [
        "run",
        "--state",
        state.to_str().unwrap(),
        "--programs",
        programs.to_str().unwrap(),
    ]
    .map(str::to_owned)
}

fn is_running(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn it_starts_again_what_dies_and_interrupted_it_ends_everything() {
    let mut run = Run::start();
    run.wait_for(RUNNING);
    let before = run.started();

    run.kill_started("worker");
    run.wait_for("worker has ended and is started again");
    run.kill_started("redis");
    run.wait_for("redis has ended and is started again");
    let after = run.started();
    assert_ne!(
        (before["worker"], before["redis"]),
        (after["worker"], after["redis"])
    );

    // As Ctrl-C in a terminal: to the whole group.
    kill_process_group(run.pid(), Signal::INT).unwrap();
    assert!(run.wait_for_end().success(), "{}", run.text());
    run.assert_gone(&after);
}

#[test]
fn killed_it_leaves_nothing_behind_and_its_data_are_there_the_next_time() {
    let mut run = Run::start();
    run.wait_for(RUNNING);
    let started = run.started();

    kill_process(run.pid(), Signal::KILL).unwrap();
    assert_eq!(run.wait_for_end().signal(), Some(9));
    run.assert_gone(&started);

    let folder = std::mem::replace(&mut run.folder, TempDir::new().unwrap());
    let mut again = Run::start_in(folder, Command::new(PROGRAM));
    again.wait_for(RUNNING);
    assert!(!again.text().contains("creating a database cluster"));
    let started = again.started();
    kill_process(again.pid(), Signal::TERM).unwrap();
    assert!(again.wait_for_end().success(), "{}", again.text());
    again.assert_gone(&started);
}

#[test]
fn under_make_an_interrupt_of_make_alone_or_its_death_ends_everything() {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let mut run = Run::under_make();
        run.wait_for("starting Redis");
        let started = run.started();
        kill_process(run.pid(), signal).unwrap();
        assert!(!run.wait_for_end().success());
        let begun = Instant::now();
        while is_running(started["postgres"]) {
            assert!(
                begun.elapsed() < PATIENCE,
                "after {signal:?}: {}",
                run.text()
            );
            sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_second_run_in_the_same_folder_is_refused() {
    let mut run = Run::start();
    run.wait_for("starting PostgreSQL");
    let second = Command::new(PROGRAM)
        .args(arguments(run.folder.path()))
        .output()
        .unwrap();
    assert!(!second.status.success());
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("is running in this folder already"), "{said}");
    let clean = arguments(run.folder.path());
    let cleaned = Command::new(PROGRAM)
        .args(["clean", &clean[1], &clean[2]])
        .output()
        .unwrap();
    assert!(!cleaned.status.success());
    kill_process_group(run.pid(), Signal::INT).unwrap();
    assert!(run.wait_for_end().success(), "{}", run.text());

    let cleaned = Command::new(PROGRAM)
        .args(["clean", &clean[1], &clean[2]])
        .output()
        .unwrap();
    assert!(cleaned.status.success());
    assert!(!run.folder.path().join("state").exists());
}
