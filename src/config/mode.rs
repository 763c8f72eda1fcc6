//! Modes: what a process of the service does.

use clap::ValueEnum;

/// Role of a process that serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Answers HTTP and WebSocket.
    Server,
    /// Performs jobs.
    Worker,
    /// Both in one process.
    All,
}
