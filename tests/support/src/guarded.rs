use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Runs the command, says its process id, and kills it when its own standard input ends: when this process has gone.
const GUARDIAN: &str = r#"
"$@" </dev/null >&2 & server=$!
exec 2>/dev/null
echo $server
exec >/dev/null
while read -r _; do :; done
kill -CONT $server
kill -KILL $server
wait $server
"#;

/// A server process that ends with this one, even when this one is killed.
#[derive(Debug)]
pub(crate) struct Guarded {
    guardian: Child,
    /// Of the server itself.
    pid: u32,
}

impl Guarded {
    /// Starts the command, its output appended to `log`.
    pub(crate) fn start(command: &Command, log: &Path) -> Self {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log of a test server can be written");
        let mut guardian = Command::new("sh")
            .args(["-c", GUARDIAN, "guardian"])
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(output)
            .process_group(0)
            .spawn()
            .expect("sh starts");
        let mut line = String::new();
        let stdout = guardian
            .stdout
            .take()
            .expect("the guardian's output is piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the guardian says the process id");
        let pid = line.trim().parse().expect("a process id is a number");
        Self { guardian, pid }
    }

    pub(crate) fn is_running(&self) -> bool {
        std::fs::read_to_string(format!("/proc/{}/stat", self.pid))
            .is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Sends a signal by its name, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let _ = Command::new("sh")
            .args(["-c", r#"kill -"$0" "$1" 2>/dev/null"#, name])
            .arg(self.pid.to_string())
            .status();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}
