//! The Redis server as a command.

use std::path::Path;
use std::process::Command;

use crate::child::ending_with_parent;

/// Name of the program.
pub const PROGRAM: &str = "redis-server";

/// A server with its configuration, `NAME VALUE…` a line, on loopback.
pub fn server(arguments: &[String], end: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    ending_with_parent(&command, end)
}

/// Words of a configuration that lets in with a password, on loopback alone.
pub fn settings(port: u16, password: &str, folder: &Path) -> Vec<(String, String)> {
    [
        ("bind", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("requirepass", password.to_owned()),
        ("dir", folder.display().to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
