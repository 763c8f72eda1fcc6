//! One server or worker: a process with a port and a log of its own.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// A debug build on a busy machine takes its time.
pub const START_LIMIT: Duration = Duration::from_secs(40);
const INFO: &str = r#""level":"INFO""#;
const ASK_LIMIT: Duration = Duration::from_secs(3);

/// Command, with nothing inherited from the environment.
#[derive(Clone)]
pub struct Launch {
    pub name: String,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub variables: Vec<(String, String)>,
    /// Port that it listens on: the server's, or that of the worker's health and metrics.
    pub port: u16,
    pub log: PathBuf,
}

/// A running process; killed when dropped.
pub struct Process {
    launch: Launch,
    child: Child,
    http: reqwest::Client,
}

impl Process {
    pub fn start(launch: Launch) -> Self {
        let child = spawn(&launch);
        let http = reqwest::Client::builder()
            .timeout(ASK_LIMIT)
            .build()
            .unwrap();
        Self {
            launch,
            child,
            http,
        }
    }

    /// Begins anew after its end, on the same port, with some variables set otherwise.
    pub fn start_again(&mut self, more: &[(&str, &str)]) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        set(&mut self.launch.variables, more);
        self.child = spawn(&self.launch);
    }

    /// `http://` and its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.launch.port)
    }

    /// Address that it listens on, on loopback.
    pub const fn port(&self) -> u16 {
        self.launch.port
    }

    /// Sends a signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let (signal, pid) = (format!("-{name}"), self.pid().to_string());
        let sent = Command::new("kill").args([signal, pid]).status().unwrap();
        assert!(sent.success(), "{} is gone", self.launch.name);
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The status of a GET, if it is answered.
    pub async fn status(&self, path: &str) -> Option<u16> {
        let answer = self.http.get(self.url() + path).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// The status and the text of a GET.
    pub async fn text(&self, path: &str) -> Option<(u16, String)> {
        let answer = self.http.get(self.url() + path).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Waits until it is ready for work.
    pub async fn is_ready(&self) {
        self.answers("/health/ready", 200, START_LIMIT).await;
    }

    /// Waits until a GET is answered so; says how long it took.
    pub async fn answers(&self, path: &str, status: u16, patience: Duration) -> Duration {
        let what = format!("{} answers {path} with {status}", self.launch.name);
        until(&what, patience, async || {
            self.status(path).await == Some(status)
        })
        .await
    }

    /// The value of a series, such as `dead_jobs{queue="enrichment"}`; 0 if it is not there.
    pub async fn metric(&self, series: &str) -> f64 {
        let (_, text) = self
            .text("/metrics")
            .await
            .expect("the process tells its metrics");
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// The value of a series that counts.
    pub async fn count(&self, series: &str) -> u64 {
        self.metric(series).await as u64
    }

    /// The memory it occupies.
    pub fn resident_mib(&self) -> f64 {
        self.memory_mib("VmRSS:")
    }

    /// The most memory it has occupied so far.
    pub fn peak_mib(&self) -> f64 {
        self.memory_mib("VmHWM:")
    }

    fn memory_mib(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(field))
            .unwrap();
        let kib: f64 = line.split_whitespace().next().unwrap().parse().unwrap();
        kib / 1024.0
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.launch.log).unwrap_or_default()
    }

    /// Waits until it has logged this.
    pub async fn logs(&self, text: &str, patience: Duration) {
        let what = format!("{} logs {text:?}", self.launch.name);
        until(&what, patience, async || self.log().contains(text)).await;
    }

    /// Test that it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end; the exit code, none after a signal.
    pub async fn ended(&mut self, patience: Duration) -> Option<i32> {
        let what = format!("{} ends", self.launch.name);
        until(&what, patience, async || {
            self.child.try_wait().unwrap().is_some()
        })
        .await;
        self.child.try_wait().unwrap().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = self.log();
            let mut troubles: Vec<&str> = log.lines().filter(|line| !line.contains(INFO)).collect();
            let last = troubles.split_off(troubles.len().saturating_sub(8));
            println!(
                "--- the last troubles of {}\n{}",
                self.launch.name,
                last.join("\n")
            );
        }
    }
}

fn spawn(launch: &Launch) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(&launch.log)
        .unwrap();
    Command::new(&launch.program)
        .args(&launch.arguments)
        .env_clear()
        .envs(launch.variables.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Sets variables, whether they were set before or not.
pub fn set(variables: &mut Vec<(String, String)>, more: &[(&str, &str)]) {
    for (name, value) in more {
        variables.retain(|(known, _)| known != name);
        variables.push(((*name).to_owned(), (*value).to_owned()));
    }
}

/// Waits until something is so; says how long it took.
pub async fn until(
    what: &str,
    patience: Duration,
    mut is_so: impl AsyncFnMut() -> bool,
) -> Duration {
    let begun = Instant::now();
    while !is_so().await {
        assert!(
            begun.elapsed() < patience,
            "not within {patience:?}: {what}"
        );
        sleep(Duration::from_millis(20)).await;
    }
    begun.elapsed()
}
