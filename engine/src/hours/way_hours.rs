//! Hours of a way: the times at which one may walk on it.

use super::conditional::{Clause, clauses};
use super::{Hours, MOST_CHANGES, State, WalkTime};

/// Hours of a way, its gates and the park it leads through.
///
/// As text a line for each: `open 08:00-20:00` is closed at other times, and `no; yes @ (08:00-20:00)` holds as a conditional
/// restriction does, which begins with what holds otherwise.
#[derive(Debug, Clone)]
pub struct WayHours {
    text: String,
    rules: Vec<Rule>,
}

/// Equal where they are written alike.
impl PartialEq for WayHours {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[derive(Debug, Clone)]
enum Rule {
    /// Closed where these hours are.
    Open(Hours),
    Conditional {
        otherwise: bool,
        /// Permission to walk and the hours in which it holds, of which the last counts.
        clauses: Vec<(bool, Hours)>,
    },
}

const OPEN: &str = "open ";

impl WayHours {
    /// Reads what was written; `None`: it can't be read.
    pub fn parse(text: &str) -> Option<Self> {
        let rules: Option<Vec<Rule>> = text.lines().map(Rule::parse).collect();
        Some(Self {
            text: text.to_owned(),
            rules: rules.filter(|rules| !rules.is_empty())?,
        })
    }

    /// Text of a rule that a way is open in these hours.
    pub fn open(hours: &str) -> String {
        format!("{OPEN}{hours}").replace('\n', " ")
    }

    /// Text of a rule: whether one may walk, and the conditions under which one may or may not, of which the last counts.
    pub fn conditional<'a>(
        otherwise: bool,
        clauses: impl Iterator<Item = (bool, &'a str)>,
    ) -> String {
        let mut text = word(otherwise).to_owned();
        for (may, hours) in clauses {
            text.push_str("; ");
            text.push_str(word(may));
            text.push_str(" @ (");
            text.push_str(hours);
            text.push(')');
        }
        text.replace('\n', " ")
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if one may walk there at all times of a walk of so many seconds.
    pub fn is_open(&self, time: &WalkTime, seconds: u32) -> bool {
        let mut at = 0;
        for _ in 0..MOST_CHANGES {
            if !self.rules.iter().all(|rule| rule.may_walk(time, at)) {
                return false;
            }
            match self.next_change(time, at) {
                Some(next) if next < seconds => at = next,
                _ => return true,
            }
        }
        false
    }

    /// Seconds by which such a walk can begin later and find all the same; `None`: it can for a month.
    pub fn same_for(&self, time: &WalkTime, seconds: u32) -> Option<u32> {
        let after_begin = self.next_change(time, 0);
        let after_end = self.next_change(time, seconds).map(|at| at - seconds);
        after_begin.into_iter().chain(after_end).min()
    }

    fn next_change(&self, time: &WalkTime, seconds: u32) -> Option<u32> {
        let hours = self.rules.iter().flat_map(Rule::hours);
        hours
            .filter_map(|hours| hours.next_change(time, seconds))
            .min()
    }
}

const fn word(may: bool) -> &'static str {
    if may { "yes" } else { "no" }
}

impl Rule {
    fn parse(line: &str) -> Option<Self> {
        if let Some(hours) = line.strip_prefix(OPEN) {
            return Hours::parse(hours).map(Self::Open);
        }
        let parts = clauses(line);
        let (first, rest) = parts.split_first()?;
        let read =
            |clause: &Clause<'_>| Some((may(clause.value)?, Hours::parse(clause.condition?)?));
        Some(Self::Conditional {
            otherwise: may(first.value).filter(|_| first.condition.is_none())?,
            clauses: rest.iter().map(read).collect::<Option<_>>()?,
        })
    }

    fn hours(&self) -> impl Iterator<Item = &Hours> {
        let (open, clauses) = match self {
            Self::Open(hours) => (Some(hours), [].as_slice()),
            Self::Conditional { clauses, .. } => (None, clauses.as_slice()),
        };
        open.into_iter()
            .chain(clauses.iter().map(|(_, hours)| hours))
    }

    fn may_walk(&self, time: &WalkTime, seconds: u32) -> bool {
        match self {
            Self::Open(hours) => hours.state(time, seconds) != State::Closed,
            Self::Conditional { otherwise, clauses } => {
                let holds = |(_, hours): &&(bool, Hours)| hours.state(time, seconds) == State::Open;
                let last = clauses.iter().rev().find(holds);
                last.map_or(*otherwise, |(may, _)| *may)
            }
        }
    }
}

fn may(value: &str) -> Option<bool> {
    match value {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::tests::helsinki;
    use super::*;

    const HOUR: u32 = 3600;

    #[test]
    fn a_way_is_open_if_it_is_so_for_the_whole_walk() {
        // Local time is two hours later.
        let noon = "2026-12-04T10:00:00Z";
        let evening = "2026-12-04T17:30:00Z";
        let night = "2026-12-04T22:30:00Z";
        for (rules, [by_day, in_the_evening, by_night]) in [
            ("open 08:00-20:00", [true, false, false]),
            ("yes; no @ (22:00-06:00)", [true, true, false]),
            ("no; yes @ (08:00-20:00)", [true, false, false]),
            ("no; yes @ (20:00-08:00)", [false, false, true]),
            (
                "yes; no @ (18:00-24:00); yes @ (Fr 19:00-23:00)",
                [true, true, true],
            ),
            (
                "open 08:00-20:00\nyes; no @ (Mo-Fr 11:00-13:00)",
                [false, false, false],
            ),
            (
                "open Mo-Su 08:00-20:00 \"ring the bell\"",
                [true, false, false],
            ),
            ("open dawn-dusk", [true, false, false]),
            ("yes; no @ (Nov-Mar)", [false, false, false]),
            ("no; yes @ (24/7)", [true, true, true]),
        ] {
            let hours = WayHours::parse(rules).unwrap();
            for (utc, expected) in [(noon, by_day), (evening, in_the_evening), (night, by_night)] {
                assert_eq!(
                    hours.is_open(&helsinki(utc), HOUR),
                    expected,
                    "{rules} at {utc}"
                );
            }
        }
    }

    #[test]
    fn it_is_told_for_how_long_a_later_walk_finds_the_same() {
        let same_for = |rules: &str, utc| {
            let hours = WayHours::parse(rules).unwrap();
            hours.same_for(&helsinki(utc), HOUR)
        };
        assert_eq!(
            same_for("open 08:00-20:00", "2026-12-04T10:00:00Z"),
            Some(7 * HOUR)
        );
        assert_eq!(
            same_for("open 08:00-20:00", "2026-12-04T17:30:00Z"),
            Some(HOUR / 2)
        );
        assert_eq!(
            same_for("open 08:00-20:00", "2026-12-04T22:00:00Z"),
            Some(7 * HOUR)
        );
        assert_eq!(same_for("no; yes @ (24/7)", "2026-12-04T22:00:00Z"), None);
    }

    #[test]
    fn what_is_written_is_read() {
        let conditions = [(true, "08:00-20:00"), (false, "Mo-Fr 12:00-13:00; PH off")];
        let conditional = WayHours::conditional(false, conditions.into_iter());
        for text in [
            conditional.clone(),
            WayHours::open("Mo-Su 08:00-20:00"),
            format!("open 24/7\n{conditional}"),
        ] {
            assert_eq!(WayHours::parse(&text).unwrap().text(), text);
        }
        for bad in [
            "",
            "open",
            "open winter",
            "yes; no",
            "perhaps",
            "yes; no @ (wet)",
            "yes @ (24/7)",
        ] {
            assert_eq!(WayHours::parse(bad), None, "{bad}");
        }
    }
}
