//! End of the program: on a signal, or when whoever called has gone or was told to stop.

use std::fmt;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Pid, getppid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// The end that was asked for, which is no failure.
#[derive(Debug)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

/// Caller of this program, and what was asked of it since.
#[derive(Debug)]
pub(crate) struct Caller {
    told: Arc<AtomicBool>,
    parent: Option<Pid>,
    caught: Option<String>,
}

impl Caller {
    /// Takes signals from now on, also where they were ignored: a background job of a script starts with SIGINT ignored.
    pub(crate) fn heed() -> io::Result<Self> {
        let told = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            flag::register(signal, Arc::clone(&told))?;
        }
        let parent = getppid();
        Ok(Self {
            told,
            parent,
            caught: signals_of_make(parent),
        })
    }

    /// Fails with [`Stopped`] when it is time to end.
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        let told = self.told.load(Ordering::Relaxed);
        if told || getppid() != self.parent || signals_of_make(self.parent) != self.caught {
            return Err(Stopped);
        }
        Ok(())
    }
}

/// Signals that make catches, when it is the parent.
///
/// It does not pass a SIGINT on that was sent to it alone: it stops catching it and waits for its children to end.
fn signals_of_make(parent: Option<Pid>) -> Option<String> {
    let parent = parent?.as_raw_nonzero();
    let name = fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    if name.trim_end() != "make" {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{parent}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("SigCgt"))?;
    Some(line.to_owned())
}
