//! What a person sees meanwhile: bars in a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use wildside_ingest::extract::Progress;

/// Shows progress on standard error.
pub(crate) fn shown() -> impl Fn(Progress) + Send + Sync + Clone + 'static {
    let terminal = std::io::stderr().is_terminal();
    let current = Arc::new(Mutex::new(Bar(None)));
    move |progress| {
        let bar = &mut *current.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Stage { name, bytes } if terminal => bar.begin(name, bytes),
            Progress::Stage { name, .. } => {
                // Progress that nobody can read is no reason to fail.
                let _ = writeln!(std::io::stderr(), "{name}");
            }
            Progress::Read(bytes) => bar.advance(bytes),
        }
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
