//! The peer from npm.

use std::path::Path;
use std::process::Command;

use wildside_test_support::TestRedis;

use crate::figures::{BACKLOG, CONCURRENCY, Figures, LATENCY_JOBS, RATE};

/// Its figures, if it is installed.
pub(crate) fn measure() -> Option<Figures> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/queue/peer");
    if !folder.join("node_modules").exists() {
        println!("(the peer is not installed: make bench-queue does it)");
        return None;
    }
    let redis = TestRedis::start();
    let output = Command::new("node")
        .current_dir(folder)
        .arg("bullmq.mjs")
        .arg(redis.url())
        .args([RATE as usize, LATENCY_JOBS, BACKLOG, CONCURRENCY].map(|number| number.to_string()))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(serde_json::from_slice(&output.stdout).unwrap())
}
