//! A sign of life.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Remembers when a loop last came round. Clones share it.
#[derive(Debug, Clone)]
pub struct Pulse {
    since: Instant,
    last_beat_ms: Arc<AtomicU64>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            last_beat_ms: Arc::default(),
        }
    }
}

impl Pulse {
    /// The loop has come round.
    pub fn beat(&self) {
        let now = self.since.elapsed().as_millis() as u64;
        self.last_beat_ms.store(now, Ordering::Relaxed);
    }

    /// Time since the last beat.
    pub fn silence(&self) -> Duration {
        let last_beat = Duration::from_millis(self.last_beat_ms.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(last_beat)
    }
}
