//! The jobs that this process has taken and not yet settled.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries by what should happen to them in Redis. They are few: no more than the queue's concurrency.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    running: HashSet<String>,
    dropped: HashSet<String>,
}

impl Holdings {
    /// An entry was taken.
    pub(super) fn add(&self, entry: &str) {
        self.lock().running.insert(entry.to_owned());
    }

    /// An entry was settled in Redis.
    pub(super) fn settle(&self, entry: &str) {
        self.lock().running.remove(entry);
    }

    /// An entry was dropped without having been settled: another run is due.
    pub(super) fn drop_unsettled(&self, entry: &str) {
        let mut inner = self.lock();
        if inner.running.remove(entry) {
            inner.dropped.insert(entry.to_owned());
        }
    }

    /// Jobs that still run.
    pub(super) fn running(&self) -> Vec<String> {
        self.lock().running.iter().cloned().collect()
    }

    /// Takes the dropped ones.
    pub(super) fn take_dropped(&self) -> Vec<String> {
        self.lock().dropped.drain().collect()
    }

    /// Takes everything, when the worker stops.
    pub(super) fn take_all(&self) -> Vec<String> {
        let mut inner = self.lock();
        let Inner { running, dropped } = &mut *inner;
        running.drain().chain(dropped.drain()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
