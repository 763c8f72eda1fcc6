//! A row of the matrix, and what plays the rows.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// A row that takes longer has failed.
const ROW_LIMIT: Duration = Duration::from_mins(15);

/// One fault.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its number in the matrix.
    pub number: u32,
    /// Fault.
    pub fault: &'static str,
    /// Means by which it is brought about.
    pub done: &'static str,
    /// Mark of a row that is short enough for every test run.
    pub quick: bool,
    /// Brings it about; panics unless all was as it should be.
    pub play: fn() -> LocalBoxFuture<'static, Outcome>,
}

/// Outcome of a row that did not fail.
pub enum Outcome {
    /// All was as it should be.
    Seen {
        what: String,
        recovery: Option<Duration>,
    },
    /// This machine has not what the row needs.
    NotRun(&'static str),
}

impl Outcome {
    /// Nothing had to recover.
    pub fn seen(what: impl Into<String>) -> Self {
        Self::Seen {
            what: what.into(),
            recovery: None,
        }
    }

    /// All was well again after `recovery`.
    pub fn recovered(recovery: Duration, what: impl Into<String>) -> Self {
        Self::Seen {
            what: what.into(),
            recovery: Some(recovery),
        }
    }
}

/// Plays the rows whose numbers are in `chosen`, separated by commas, or all; prints the table and the count.
pub fn play(themes: &[&[Row]], chosen: &str) -> ExitCode {
    let chosen: Vec<u32> = chosen
        .split(',')
        .filter_map(|n| n.trim().parse().ok())
        .collect();
    let mut rows = themes.concat();
    rows.retain(|row| chosen.is_empty() || chosen.contains(&row.number));
    rows.sort_by_key(|row| row.number);
    let mut table = Vec::new();
    for row in &rows {
        println!("row {}: {} …", row.number, row.fault);
        let line = Line::of(row);
        println!("{}", line.text());
        table.push(line);
    }
    println!("\n| # | case | what was done | what was seen | recovery |\n|---|---|---|---|---|");
    for line in &table {
        println!("{}", line.text());
    }
    let count = |verdict| table.iter().filter(|line| line.verdict == verdict).count();
    let (passed, failed, not_run) = (
        count(Verdict::Passed),
        count(Verdict::Failed),
        count(Verdict::NotRun),
    );
    if not_run > 0 {
        println!("\n{not_run} not run here, and not counted");
    }
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The quick rows, as tests that cargo and nextest understand.
pub fn test(themes: &[&[Row]]) -> ExitCode {
    let rows = themes.concat().into_iter().filter(|row| row.quick);
    let trials = rows.map(|row| Trial::test(name_of(&row), move || Ok(play_row(&row).map(drop)?)));
    let mut arguments = Arguments::from_args();
    // A row has both cores busy by itself.
    arguments.test_threads = Some(1);
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The row as the name of a test.
fn name_of(row: &Row) -> String {
    let words = row.fault.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("row_{:02}_{}", row.number, words.join("_").to_lowercase())
}

/// A line of the table.
struct Line<'a> {
    row: &'a Row,
    verdict: Verdict,
    seen: String,
    recovery: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Passed,
    Failed,
    NotRun,
}

impl<'a> Line<'a> {
    fn of(row: &'a Row) -> Self {
        let (verdict, seen, recovery) = match play_row(row) {
            Ok(Outcome::Seen { what, recovery }) => (Verdict::Passed, what, recovery),
            Ok(Outcome::NotRun(why)) => (Verdict::NotRun, format!("not run here: {why}"), None),
            Err(error) => (Verdict::Failed, format!("FAILED: {error}"), None),
        };
        Self {
            row,
            verdict,
            seen: seen.replace('\n', " ").replace('|', "/"),
            recovery,
        }
    }

    fn text(&self) -> String {
        let Self {
            row,
            seen,
            recovery,
            ..
        } = self;
        let recovery = recovery.map_or("–".to_owned(), |time| {
            format!("{:.1} s", time.as_secs_f64())
        });
        format!(
            "| {} | {} | {} | {seen} | {recovery} |",
            row.number, row.fault, row.done
        )
    }
}

/// Plays one row on a runtime of its own; a panic is its failure.
fn play_row(row: &Row) -> Result<Outcome, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let played = runtime.block_on(async {
        timeout(ROW_LIMIT, AssertUnwindSafe((row.play)()).catch_unwind()).await
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    match played {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(panic)) => Err(text_of(&*panic)),
        Err(_) => Err(format!("did not end within {ROW_LIMIT:?}")),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
