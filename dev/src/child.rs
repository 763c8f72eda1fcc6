//! Child processes that end with their parent, however that one ends.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process, kill_process_group};

/// A command and where to tell what has become of it.
type Order = (Command, Sender<io::Result<Child>>);

/// Thread that starts every child and lives as long as the process: the kernel sends a child its parent-death signal when
/// the thread that started it ends.
static STARTER: LazyLock<Sender<Order>> = LazyLock::new(|| {
    let (orders, queue) = channel::<Order>();
    thread::spawn(move || {
        for (mut command, answer) in queue {
            let _ = answer.send(command.spawn());
        }
    });
    orders
});

/// The command, sent this signal when its parent ends.
///
/// A change of user has to come before: the kernel forgets the signal when a process changes its user.
#[must_use]
pub fn ending_with_parent(command: &Command, signal: &str) -> Command {
    let mut outer = Command::new("setpriv");
    outer.arg(format!("--pdeathsig={signal}"));
    wrapped(outer, command)
}

/// A command that is given another one, with its arguments, environment and folder, to run.
pub(crate) fn wrapped(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program());
    with_rest_of(outer, inner)
}

/// Copy of a command: starting one uses it up.
#[must_use]
pub fn copy(command: &Command) -> Command {
    with_rest_of(Command::new(command.get_program()), command)
}

fn with_rest_of(mut outer: Command, inner: &Command) -> Command {
    outer.args(inner.get_args());
    if let Some(folder) = inner.get_current_dir() {
        outer.current_dir(folder);
    }
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// A process in a group of its own, so that Ctrl-C in a terminal reaches its parent alone.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
}

impl Process {
    /// Starts a command made by [`ending_with_parent`], without input, its output appended to `log`.
    ///
    /// # Errors
    ///
    /// Fails when the log can't be written or there is no such program.
    pub fn start(mut command: Command, log: &Path) -> io::Result<Self> {
        let output = File::options().create(true).append(true).open(log)?;
        command.stdout(output.try_clone()?).stderr(output);
        Self::spawn(command)
    }

    /// Starts a command whose output is this process's.
    ///
    /// # Errors
    ///
    /// Fails when there is no such program.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).process_group(0);
        let (answer, answers) = channel();
        let gone = || io::Error::other("the thread that starts processes has gone");
        STARTER.send((command, answer)).map_err(|_| gone())?;
        let child = answers.recv().map_err(|_| gone())??;
        let pid = Pid::from_child(&child);
        Ok(Self { child, pid })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Exit status, if it has ended.
    ///
    /// # Errors
    ///
    /// Fails when somebody else has waited for it.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Test that it runs; a look from outside, which keeps its exit status for later.
    pub fn is_running(&self) -> bool {
        std::fs::read_to_string(format!("/proc/{}/stat", self.id()))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) {
        let _ = kill_process(self.pid, signal);
    }

    /// Sends a signal to it and to what it has started.
    pub fn signal_group(&self, signal: Signal) {
        let _ = kill_process_group(self.pid, signal);
    }

    /// Ends it and what it has started: asks, waits, and kills what does not listen; false when it had to.
    pub fn stop(&mut self, signal: Signal, patience: Duration) -> bool {
        let begun = Instant::now();
        self.signal_group(signal);
        while matches!(self.child.try_wait(), Ok(None)) {
            if begun.elapsed() >= patience {
                self.kill();
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// Ends it at once, and what it has started.
    pub fn kill(&mut self) {
        self.signal_group(Signal::KILL);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server process that is killed when this is dropped, even while it is stopped by a signal.
#[derive(Debug)]
pub struct Guarded(Process);

impl Guarded {
    /// Starts a command made by [`ending_with_parent`], its output appended to `log`.
    ///
    /// # Errors
    ///
    /// Fails when the log can't be written or there is no such program.
    pub fn start(command: Command, log: &Path) -> io::Result<Self> {
        Process::start(command, log).map(Self)
    }

    /// Test that it runs.
    pub fn is_running(&self) -> bool {
        self.0.is_running()
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) {
        self.0.signal(signal);
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.0.kill();
    }
}
