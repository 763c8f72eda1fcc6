//! Progress for people: bars in a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wildside_ingest::extract::Progress;

/// Shows progress on standard error.
pub(crate) fn shown() -> impl Fn(Progress) + Send + Sync + Clone + 'static {
    let shown = Arc::new(Mutex::new(if std::io::stderr().is_terminal() {
        Shown::Bar(Bar(None))
    } else {
        Shown::Lines(Lines::default())
    }));
    move |progress| {
        let shown = &mut *shown.lock().unwrap_or_else(PoisonError::into_inner);
        match (shown, progress) {
            (Shown::Bar(bar), Progress::Stage { name, bytes }) => bar.begin(name, bytes),
            (Shown::Bar(bar), Progress::Read(bytes)) => bar.advance(bytes),
            (Shown::Lines(lines), Progress::Stage { name, bytes }) => lines.begin(name, bytes),
            (Shown::Lines(lines), Progress::Read(bytes)) => lines.advance(bytes),
        }
    }
}

enum Shown {
    Bar(Bar),
    Lines(Lines),
}

/// Stages of at least so many bytes are told by tenths.
const LONG_BYTES: u64 = 64 << 20;

/// The stage that runs, in lines for a log.
#[derive(Default)]
struct Lines {
    name: &'static str,
    bytes: u64,
    read: u64,
}

impl Lines {
    fn begin(&mut self, name: &'static str, bytes: u64) {
        *self = Self {
            name,
            bytes,
            read: 0,
        };
        Self::say(name);
    }

    fn advance(&mut self, bytes: u64) {
        if self.bytes < LONG_BYTES {
            return;
        }
        let before = self.read * 10 / self.bytes;
        self.read += bytes;
        let tenths = self.read * 10 / self.bytes;
        if tenths > before && tenths < 10 {
            Self::say(&format!("{}: {} %", self.name, tenths * 10));
        }
    }

    fn say(line: &str) {
        // Progress that nobody can read is no reason to fail.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// The bar of the stage that runs; it is taken away at the end, so that the summary stands alone.
struct Bar(Option<ProgressBar>);

impl Bar {
    fn begin(&mut self, name: &'static str, bytes: u64) {
        self.clear();
        let (bar, template) = match bytes {
            0 => (ProgressBar::new_spinner(), "{spinner} {msg} {elapsed}"),
            _ => (
                ProgressBar::new(bytes),
                "{msg:>30} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            ),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name);
        bar.enable_steady_tick(Duration::from_millis(200));
        self.0 = Some(bar);
    }

    fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}
