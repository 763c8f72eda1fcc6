use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::time::Duration;

use crate::view::Tile;

/// What the tiles of one source and zoom took.
#[derive(Default)]
struct Line {
    sizes: Vec<usize>,
    cold: Vec<Duration>,
    cached: Vec<Duration>,
}

/// All measurements. A tile is cold the first time.
#[derive(Default)]
pub(crate) struct Report {
    seen: HashSet<Tile>,
    lines: BTreeMap<(&'static str, u32), Line>,
}

impl Report {
    pub(crate) fn add(&mut self, tile: &Tile, size: usize, took: Duration) {
        let line = self.lines.entry((tile.source, tile.z)).or_default();
        if self.seen.insert(tile.clone()) {
            line.sizes.push(size);
            line.cold.push(took);
        } else {
            line.cached.push(took);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "source zoom  tiles  KB p50   max | cold ms p50   p99   max | again ms p50   p99"
        )?;
        for ((source, zoom), line) in &self.lines {
            let kilobytes = |share| quantile(&line.sizes, share) as f64 / 1000.0;
            let cold = |share| milliseconds(&line.cold, share);
            let cached = |share| milliseconds(&line.cached, share);
            writeln!(
                f,
                "{source:6} {zoom:4} {:6} {:7.1} {:5.1} | {:11.1} {:5.1} {:5.1} | {:12.1} {:5.1}",
                line.sizes.len(),
                kilobytes(0.5),
                kilobytes(1.0),
                cold(0.5),
                cold(0.99),
                cold(1.0),
                cached(0.5),
                cached(0.99),
            )?;
        }
        Ok(())
    }
}

fn milliseconds(times: &[Duration], share: f64) -> f64 {
    quantile(times, share).as_secs_f64() * 1000.0
}

/// The value below which a share of all lie; the default of none.
fn quantile<T: Copy + Ord + Default>(values: &[T], share: f64) -> T {
    let mut values = values.to_vec();
    values.sort_unstable();
    let rank = (share * values.len() as f64).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}
