//! Report of a reading: counts of what was read, and of what was left out, by reason.

use std::collections::BTreeMap;

/// Counts of one reading of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Nodes, ways and relations in the file.
    pub elements: [u64; 3],
    /// Counts of what was left out, by reason in plain words.
    pub skipped: BTreeMap<&'static str, u64>,
}

impl Report {
    /// Counts something that was left out.
    pub(crate) fn skip(&mut self, reason: &'static str, count: u64) {
        if count > 0 {
            *self.skipped.entry(reason).or_default() += count;
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, count) in self.elements.iter_mut().zip(other.elements) {
            *sum += count;
        }
        for (reason, count) in &other.skipped {
            self.skip(reason, *count);
        }
    }
}
