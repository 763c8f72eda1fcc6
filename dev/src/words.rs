//! Lines for the person at the terminal.

use std::io::Write;
use std::time::Instant;

/// Writes a line; nobody reading it is no reason to end.
pub(crate) fn say(words: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{words}").and_then(|()| out.flush());
}

/// Seconds since the beginning, before each step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Says what begins now, and when.
    pub(crate) fn step(self, words: &str) {
        say(&format!("[{:4} s] {words}", self.0.elapsed().as_secs()));
    }
}
