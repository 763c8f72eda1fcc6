//! Log of the servers of this process, in more detail than anybody would configure, and what must never be in it.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, Once};

use wildside::config::{LogFormat, TelemetryConfig};
use wildside::telemetry;

use crate::api::city;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SECRETS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The password of every test user.
pub const PASSWORD: &str = "a fine long password";

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts to listen.
pub fn begin() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let config = TelemetryConfig {
            filter: "debug".to_owned(),
            format: Some(LogFormat::Json),
        };
        telemetry::init_to(&config, || Log).unwrap();
        keep_secret(PASSWORD);
        for degrees in city::START {
            keep_secret(&degrees.to_string());
        }
    });
}

/// All that was logged so far.
pub fn text() -> String {
    String::from_utf8(LINES.lock().unwrap().clone()).expect("the log is not UTF-8")
}

/// From now on this may be in no line.
pub fn keep_secret(secret: &str) {
    if !secret.is_empty() {
        SECRETS.lock().unwrap().insert(secret.to_owned());
    }
}

/// Greps the log for each secret.
pub fn assert_no_secrets() {
    let log = text();
    let found: Vec<_> = SECRETS
        .lock()
        .unwrap()
        .iter()
        .filter_map(|secret| log.lines().find(|line| line.contains(secret.as_str())))
        .map(str::to_owned)
        .collect();
    assert!(
        found.is_empty() || std::thread::panicking(),
        "secrets are in the log: {found:#?}"
    );
}
