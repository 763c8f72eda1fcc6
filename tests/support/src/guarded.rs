use std::path::Path;
use std::process::Command;

pub(crate) use wildside_dev::child::Guarded;
use wildside_dev::child::ending_with_parent;

/// How the servers end when the test process has gone: at once, even while they are stopped by a signal.
pub(crate) const END: &str = "KILL";

/// Starts a server that ends with this process, its output appended to `log`.
pub(crate) fn start(command: Command, log: &Path) -> Guarded {
    Guarded::start(command, log).unwrap_or_else(|error| panic!("{error}: {}", log.display()))
}

/// The command, ending with this process.
pub(crate) fn tied(command: &Command) -> Command {
    ending_with_parent(command, END)
}
