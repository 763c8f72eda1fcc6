use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use wildside_dev::child::Signal;
use wildside_dev::redis;

use crate::guarded::{self, END, Guarded};
use crate::port::free_port;
use crate::secret::password;

const START_LIMIT: Duration = Duration::from_secs(10);
const START_TRIES: usize = 5;

/// A Redis server that one test has for itself: empty, without persistence, ended when this is dropped.
#[derive(Debug)]
pub struct TestRedis {
    port: u16,
    password: String,
    arguments: Vec<String>,
    process: Option<Guarded>,
    folder: TempDir,
}

impl TestRedis {
    /// Starts a server, 0.05 s.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with more arguments, such as `["--maxmemory", "4mb"]`.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_behind(password(), arguments)
    }

    /// Starts a replica of this server, with the same password.
    #[must_use]
    pub fn start_replica(&self) -> Self {
        let port = self.port.to_string();
        let primary = ["--replicaof", "127.0.0.1", &port];
        let secret = ["--masterauth", &self.password];
        Self::start_behind(self.password.clone(), &[&primary[..], &secret].concat())
    }

    fn start_behind(password: String, arguments: &[&str]) -> Self {
        let mut redis = Self {
            port: free_port(),
            password,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            process: None,
            folder: TempDir::with_prefix("wildside-redis-")
                .expect("a temporary folder can be made"),
        };
        for _ in 0..START_TRIES {
            if redis.serve() {
                return redis;
            }
            redis.port = free_port();
        }
        panic!("Redis does not start: {}", redis.log());
    }

    /// URL of the server, password included.
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The same, but through another port, such as that of a [`TcpProxy`](crate::TcpProxy).
    pub fn url_at(&self, port: u16) -> String {
        format!("redis://:{}@127.0.0.1:{port}/", self.password)
    }

    /// The port it listens on, on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs one command, given as its words, and returns the raw answer.
    ///
    /// Meant for a look from outside; answers longer than 64 KiB are cut.
    pub fn command(&self, words: &[&str]) -> String {
        self.ask(words).expect("Redis answers")
    }

    /// Makes its replica the primary and itself that one's replica; connections stay open.
    pub fn fail_over_to(&self, replica: &Self) {
        let synchronised = Instant::now();
        while !replica
            .command(&["INFO", "replication"])
            .contains("master_link_status:up")
        {
            assert!(synchronised.elapsed() < START_LIMIT, "the replica is late");
            sleep(Duration::from_millis(20));
        }
        replica.command(&["REPLICAOF", "NO", "ONE"]);
        self.command(&["CONFIG", "SET", "masterauth", &self.password]);
        self.command(&["REPLICAOF", "127.0.0.1", &replica.port.to_string()]);
    }

    /// Stops answering, connections stay open.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Goes on after [`Self::pause`].
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends at once; what it held is lost and connections break.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts again, empty, on the same port; kills it before if it is running.
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.serve(), "Redis does not start again: {}", self.log());
    }

    fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    fn serve(&mut self) -> bool {
        let mut arguments = Vec::new();
        for (name, value) in redis::settings(self.port, &self.password, self.folder.path()) {
            arguments.extend([format!("--{name}"), value]);
        }
        let empty = ["--save", "", "--appendonly", "no"].map(str::to_owned);
        arguments.extend(empty.iter().chain(&self.arguments).cloned());
        let command = redis::server(&arguments, END);
        let process = guarded::start(command, &self.folder.path().join("log"));
        let ready = self.wait_until_ready(&process);
        self.process = ready.then_some(process);
        ready
    }

    /// Our password opens it, so it is ours and not somebody else's on the same port.
    fn wait_until_ready(&self, process: &Guarded) -> bool {
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if self
                .ask(&["PING"])
                .is_ok_and(|answer| answer == "+PONG\r\n")
            {
                return true;
            }
            if !process.is_running() {
                return false;
            }
            sleep(Duration::from_millis(5));
        }
        panic!(
            "Redis did not answer within {START_LIMIT:?}: {}",
            self.log()
        );
    }

    fn ask(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(START_LIMIT))?;
        stream.write_all(request(&["AUTH", &self.password]).as_bytes())?;
        let mut answer = vec![0; 65_536];
        let length = stream.read(&mut answer)?;
        if !answer.starts_with(b"+OK\r\n") {
            let refusal = String::from_utf8_lossy(&answer[..length]).into_owned();
            return Err(std::io::Error::other(refusal));
        }
        stream.write_all(request(words).as_bytes())?;
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// A command in the protocol's array form.
fn request(words: &[&str]) -> String {
    let head = format!("*{}\r\n", words.len());
    words.iter().fold(head, |request, word| {
        request + &format!("${}\r\n{word}\r\n", word.len())
    })
}
