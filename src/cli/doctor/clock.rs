//! Clocks that should agree.

use std::time::{SystemTime, UNIX_EPOCH};

use super::Finding;

/// Seconds between two clocks that nobody need care about.
const TOLERATED: f64 = 2.0;

/// Compares the clock of another machine, in seconds since 1970, with that of this one.
pub(super) fn compare(name: &'static str, theirs: f64) -> Finding {
    let ours = SystemTime::now().duration_since(UNIX_EPOCH);
    let ahead = theirs - ours.unwrap_or_default().as_secs_f64();
    let found = if ahead.abs() <= TOLERATED {
        Ok("goes as the one here".to_owned())
    } else if ahead > 0.0 {
        Err(format!("{ahead:.0} s ahead of the one here"))
    } else {
        Err(format!("{:.0} s behind the one here", -ahead))
    };
    Finding::new(
        name,
        found,
        "let both machines follow one time server: chronyc makestep",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_found() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs_f64();
        assert!(compare("clock", now).ok);
        for (off, words) in [(60.0, "60 s ahead"), (-60.0, "60 s behind")] {
            let finding = compare("clock", now + off);
            assert!(!finding.ok && finding.found.contains(words), "{finding:?}");
        }
    }
}
