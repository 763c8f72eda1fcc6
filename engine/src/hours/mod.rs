//! Hours at which ways are open and places can be entered, at the time and the place of a walk.
//!
//! The grammar of `opening_hours` is the crate `opening-hours`' own, but for what people write otherwise than it reads:
//! what `as_meant` writes anew. Nothing is guessed: hours that can't be read are unknown, and so are those that a comment explains.

mod as_meant;
mod conditional;
mod time;
mod way_hours;

use chrono::{DateTime, FixedOffset};
use opening_hours::localization::TzLocation;
use opening_hours::{OpeningHours, RuleKind};
use serde::{Deserialize, Serialize};

use self::as_meant::as_meant;
pub use conditional::{Clause, clauses};
pub use time::WalkTime;
pub use way_hours::WayHours;

/// State of a place or a condition at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Open, or the condition holds.
    Open,
    /// Closed, or it does not hold.
    Closed,
    /// Nobody knows.
    Unknown,
}

/// Opening of a place at the time of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// State when the visit begins.
    pub state: State,
    /// Time at which the state ends, at the place; `None`: nobody knows, or it lasts for a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<FixedOffset>>,
}

impl Opening {
    /// Opening of a place whose hours nobody knows.
    pub const UNKNOWN: Self = Self {
        state: State::Unknown,
        until: None,
    };
}

/// Changes of hours within a walk that are looked at: more are no hours but a mistake.
const MOST_CHANGES: usize = 100;

/// Opening hours that can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    hours: OpeningHours,
    /// True if a rule is for the times of which the others say nothing.
    has_fallback: bool,
}

impl Hours {
    /// Reads hours in the grammar of `opening_hours`; `None`: they can't be read.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self {
            hours: as_meant(text).parse().ok()?,
            has_fallback: text.contains("||"),
        })
    }

    /// The state so many seconds after the departure.
    pub fn state(&self, time: &WalkTime, seconds: u32) -> State {
        let (kind, comment) = self.at(time).state(time.after(seconds));
        match kind {
            // The crate asks the fallback on days that no other rule names, not at times.
            RuleKind::Closed if self.has_fallback => State::Unknown,
            RuleKind::Closed => State::Closed,
            // What a comment says, only a person can tell: `"on appointment"`.
            RuleKind::Open if comment.is_empty() => State::Open,
            RuleKind::Open | RuleKind::Unknown => State::Unknown,
        }
    }

    /// Seconds after the departure of the first change after so many; `None`: for a month there is none.
    pub fn next_change(&self, time: &WalkTime, seconds: u32) -> Option<u32> {
        let change = self.at(time).next_change(time.after(seconds))?;
        time.seconds_until(&change).filter(|next| *next > seconds)
    }

    /// The opening so many seconds after the departure.
    pub fn opening(&self, time: &WalkTime, seconds: u32) -> Opening {
        match self.state(time, seconds) {
            State::Unknown => Opening::UNKNOWN,
            state => Opening {
                state,
                until: self
                    .next_change(time, seconds)
                    .map(|change| time.after(change).fixed_offset()),
            },
        }
    }

    /// True if it is not closed from one time to another, in seconds after the departure.
    pub fn is_open_from(&self, time: &WalkTime, from: u32, to: u32) -> bool {
        self.states(time, from, to)
            .all(|state| state != State::Closed)
    }

    /// True if it is not closed all the time from one time to another.
    pub fn is_ever_open(&self, time: &WalkTime, from: u32, to: u32) -> bool {
        self.states(time, from, to)
            .any(|state| state != State::Closed)
    }

    fn states(&self, time: &WalkTime, from: u32, to: u32) -> impl Iterator<Item = State> {
        let next = move |at: &u32| self.next_change(time, *at).filter(|next| *next < to);
        let times = std::iter::successors(Some(from), next).take(MOST_CHANGES);
        times.map(|at| self.state(time, at))
    }

    fn at(&self, time: &WalkTime) -> OpeningHours<TzLocation<chrono_tz::Tz>> {
        self.hours.clone().with_context(time.context().clone())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::geo::Point;

    /// A time in Helsinki, in winter two hours ahead.
    pub(crate) fn helsinki(utc: &str) -> WalkTime {
        let place = Point::new(24.9384, 60.1699);
        WalkTime::new(utc.parse().unwrap(), place).unwrap()
    }

    fn state(hours: &str, utc: &str) -> Option<State> {
        Some(Hours::parse(hours)?.state(&helsinki(utc), 0))
    }

    /// A Friday, a Saturday and a Sunday in December, the Sunday a public holiday; local time is two hours later.
    const FRIDAY_NOON: &str = "2026-12-04T10:00:00Z";
    const SATURDAY_NOON: &str = "2026-12-05T10:00:00Z";
    const INDEPENDENCE_DAY: &str = "2026-12-06T10:00:00Z";

    #[test]
    fn hours_are_those_of_the_place() {
        use State::{Closed, Open, Unknown};
        for (hours, time, expected) in [
            ("Mo-Fr 10:00-12:30", FRIDAY_NOON, Some(Open)),
            ("Mo-Fr 10:00-11:30", FRIDAY_NOON, Some(Closed)),
            ("24/7", FRIDAY_NOON, Some(Open)),
            ("Mo-Su 22:00-06:00", "2026-12-04T21:00:00Z", Some(Open)),
            ("Mo-Su 22:00-06:00", "2026-12-05T02:00:00Z", Some(Open)),
            ("sunrise-sunset", FRIDAY_NOON, Some(Open)),
            ("sunrise-sunset", "2026-12-04T15:00:00Z", Some(Closed)),
            ("dawn-dusk", "2026-06-24T20:00:00Z", Some(Open)),
            (
                "Nov-Mar off; 08:00-20:00",
                "2026-12-04T20:00:00Z",
                Some(Closed),
            ),
            (
                "Mo-Fr 10:00-18:00 \"ring the bell\"",
                FRIDAY_NOON,
                Some(Unknown),
            ),
            ("\"on appointment\"", FRIDAY_NOON, Some(Unknown)),
            ("10:00-18:00 unknown", FRIDAY_NOON, Some(Unknown)),
            ("Mo-Fr 08:00-11:00 || \"call\"", FRIDAY_NOON, Some(Unknown)),
            ("off \"renovation\"", FRIDAY_NOON, Some(Closed)),
            ("Mo-Fr 7-19", FRIDAY_NOON, None),
            ("winter", FRIDAY_NOON, None),
        ] {
            assert_eq!(state(hours, time), expected, "{hours} at {time}");
        }
    }

    #[test]
    fn a_list_of_days_is_read_as_people_mean_it() {
        use State::{Closed, Open};
        for (hours, time, expected) in [
            ("Sa, Su 10:00-14:00", SATURDAY_NOON, Open),
            ("Sa, Su 14:00-16:00", SATURDAY_NOON, Closed),
            ("Mo-We, Fr 14:00-16:00", FRIDAY_NOON, Closed),
            ("Mo-Sa 08:00-20:00; Su, PH off", INDEPENDENCE_DAY, Closed),
            ("Mo-Su 08:00-20:00; PH off", INDEPENDENCE_DAY, Closed),
            ("Mo-Su 08:00–20:00", INDEPENDENCE_DAY, Open),
            ("Mo-Fr 08:00-11:00, Mo-Fr 12:00-14:00", FRIDAY_NOON, Open),
            (
                "Mo-Fr 11:00-02:00; Sa-Su 12:00-02:00",
                "2026-12-04T23:00:00Z",
                Open,
            ),
            (
                "Mo-Fr 11:00-02:00; Sa-Su 12:00-02:00",
                "2026-12-05T01:00:00Z",
                Closed,
            ),
        ] {
            assert_eq!(state(hours, time), Some(expected), "{hours} at {time}");
        }
    }

    #[test]
    fn a_place_is_open_for_a_visit_or_part_of_it_or_closed() {
        let hours = Hours::parse("10:00-12:30,14:00-18:00").unwrap();
        let noon = helsinki(FRIDAY_NOON);
        let open = |from, to| {
            (
                hours.is_open_from(&noon, from, to),
                hours.is_ever_open(&noon, from, to),
            )
        };
        assert_eq!(open(0, 1800), (true, true));
        assert_eq!(open(0, 1801), (false, true));
        assert_eq!(open(1800, 7200), (false, false));
        assert_eq!(open(1800, 7201), (false, true));
        let opening = hours.opening(&noon, 0);
        assert_eq!(opening.state, State::Open);
        let until = opening.until.unwrap().to_rfc3339();
        assert_eq!(until, "2026-12-04T12:30:00+02:00");
        let unknown = Hours::parse("\"ring\"").unwrap();
        assert_eq!(unknown.opening(&noon, 0), Opening::UNKNOWN);
    }

    #[test]
    fn the_next_change_is_told_in_seconds_after_the_departure() {
        let hours = Hours::parse("08:00-20:00").unwrap();
        let change = hours.next_change(&helsinki(FRIDAY_NOON), 600);
        assert_eq!(change, Some(8 * 3600));
        let always = Hours::parse("24/7").unwrap();
        assert_eq!(always.next_change(&helsinki(FRIDAY_NOON), 0), None);
    }
}
