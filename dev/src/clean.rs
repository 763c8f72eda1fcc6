//! `make clean-data`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::state::State;
use crate::words::say;

/// Throws the folder of `make run` away, unless it runs.
pub(crate) fn clean(folder: &Path) -> Result<()> {
    let _held = State::take(folder)?;
    fs::remove_dir_all(folder).with_context(|| format!("{} can't be removed", folder.display()))?;
    say("the data in .wildside/ is gone");
    Ok(())
}
