//! The command line.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use wildside_engine::orienteering::Effort;

/// Usage of the tool.
pub(crate) const USAGE: &str = "usage: oplib [--millis N | --iterations N] [--seed S] FILE.oplib…";

/// Effort when none is given.
const DEFAULT_MILLIS: u64 = 800;

/// Arguments of the command line.
pub(crate) struct Arguments {
    millis: Option<u64>,
    iterations: Option<u64>,
    /// Seed of the search.
    pub(crate) seed: u64,
    /// Files to solve.
    pub(crate) files: Vec<PathBuf>,
}

impl Arguments {
    /// Reads the arguments, the program's name left out.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut arguments = Self {
            millis: None,
            iterations: None,
            seed: 1,
            files: Vec::new(),
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--millis" => arguments.millis = Some(number(&word, words.next())?),
                "--iterations" => arguments.iterations = Some(number(&word, words.next())?),
                "--seed" => arguments.seed = number(&word, words.next())?,
                _ if word.starts_with('-') => return Err(format!("unknown option {word}")),
                _ => arguments.files.push(PathBuf::from(word)),
            }
        }
        if arguments.files.is_empty() {
            return Err("no file is given".to_owned());
        }
        Ok(arguments)
    }

    /// The effort for a search that begins now.
    pub(crate) fn effort(&self, now: Instant) -> Effort {
        let deadline = |millis| now + Duration::from_millis(millis);
        match (self.iterations, self.millis) {
            (Some(iterations), Some(millis)) => {
                Effort::iterations_until(iterations, deadline(millis))
            }
            (Some(iterations), None) => Effort::iterations(iterations),
            (None, millis) => Effort::until(deadline(millis.unwrap_or(DEFAULT_MILLIS))),
        }
    }
}

fn number(option: &str, word: Option<String>) -> Result<u64, String> {
    let word = word.ok_or_else(|| format!("{option} needs a number"))?;
    word.parse()
        .map_err(|_| format!("{option} needs a number, not {word}"))
}
