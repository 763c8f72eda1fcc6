use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::browser::Answer;
use crate::view::Tile;

/// Times of the tiles of one source and zoom.
#[derive(Default)]
struct Line {
    sizes: Vec<usize>,
    cold: Vec<Duration>,
    again: Vec<Duration>,
    alone: Vec<Duration>,
}

/// All measurements. A tile is cold the first time.
#[derive(Default)]
pub(crate) struct Report {
    seen: BTreeSet<Tile>,
    lines: BTreeMap<(&'static str, u32), Line>,
}

impl Report {
    /// Notes that tiles are cold no more.
    pub(crate) fn know(&mut self, answers: &[Answer<'_>]) {
        let tiles = answers.iter().map(|answer| answer.tile.clone());
        self.seen.extend(tiles);
    }

    /// Adds tiles that were asked for together.
    pub(crate) fn add(&mut self, answers: &[Answer<'_>]) {
        for Answer { tile, size, took } in answers {
            let line = self.lines.entry((tile.source, tile.z)).or_default();
            if self.seen.insert((*tile).clone()) {
                line.sizes.push(*size);
                line.cold.push(*took);
            } else {
                line.again.push(*took);
            }
        }
    }

    /// Adds a tile that was asked for again, and nothing else meanwhile.
    pub(crate) fn add_alone(&mut self, Answer { tile, took, .. }: &Answer<'_>) {
        let line = self.lines.entry((tile.source, tile.z)).or_default();
        line.alone.push(*took);
    }

    pub(crate) fn seen(&self) -> BTreeSet<Tile> {
        self.seen.clone()
    }
}

const HEADING: &str = "\
Sent: with gzip. Cold and again: six at a time, as a browser asks; the browser, too, runs on these cores. Alone: again, one at a time.
source zoom  tiles | sent KB p50   max | cold ms p50   p99   max | again ms p50   p99 | alone ms p50   p99";

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}")?;
        for ((source, zoom), line) in &self.lines {
            let kilobytes = |share| quantile(&line.sizes, share) as f64 / 1000.0;
            let cold = |share| milliseconds(&line.cold, share);
            let again = |share| milliseconds(&line.again, share);
            let alone = |share| milliseconds(&line.alone, share);
            writeln!(
                f,
                "{source:6} {zoom:4} {:6} | {:11.1} {:5.1} | {:11.1} {:5.1} {:5.1} | {:12.1} {:5.1} | {:12.1} {:5.1}",
                line.sizes.len(),
                kilobytes(0.5),
                kilobytes(1.0),
                cold(0.5),
                cold(0.99),
                cold(1.0),
                again(0.5),
                again(0.99),
                alone(0.5),
                alone(0.99),
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
