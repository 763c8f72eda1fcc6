//! History checker: after Jepsen, what clients saw is kept and judged as a whole.
//!
//! * The requests that were accepted are those in the ledger, and each has ended.
//! * On each connection the statuses of a request never go back, and its end comes once.
//! * A connection that is open at the end has been shown the end of every request of its user.
//! * Nothing was answered but 202, 429 and 503.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use uuid::Uuid;
use wildside_actors::Status;

/// Requests that ended longer ago are not shown to those who connect.
const SHOWN_ON_CONNECT: Duration = Duration::from_mins(5);

/// History so far, as clients saw it.
#[derive(Default)]
pub struct History {
    events: Mutex<Events>,
}

#[derive(Default)]
struct Events {
    accepted: HashMap<Uuid, Accepted>,
    refused: Vec<Refused>,
    /// Answers that are never right.
    broken: Vec<String>,
    /// Tries that got no answer and were made again.
    retried: usize,
    /// Requests of each user of which nobody knows the fate: they got no answer, or one that leaves it open.
    unknown: HashMap<Uuid, usize>,
    connections: Vec<Connection>,
    frames: Vec<Frame>,
}

#[derive(Clone, Copy)]
struct Accepted {
    user: Uuid,
    asked: Instant,
    answered: Instant,
}

#[derive(Clone, Copy)]
struct Refused {
    asked: Instant,
    answered: Instant,
}

struct Connection {
    user: Uuid,
    opened: Instant,
    is_open: bool,
}

#[derive(Clone, Copy)]
struct Frame {
    connection: usize,
    request: Uuid,
    status: Status,
    at: Instant,
}

/// A row of the ledger.
#[derive(Debug, Clone)]
pub struct Entry {
    pub request: Uuid,
    pub user: Uuid,
    pub status: Status,
}

/// Verdict of the history over a ledger.
#[derive(Default)]
pub struct Verdict {
    /// Violations, which no time mends.
    pub wrong: Vec<String>,
    /// Ends that may still come.
    pub missing: Vec<String>,
}

impl History {
    pub fn accepted(&self, user: Uuid, request: Uuid, asked: Instant) {
        let answered = Instant::now();
        let accepted = Accepted {
            user,
            asked,
            answered,
        };
        self.lock().accepted.entry(request).or_insert(accepted);
    }

    pub fn refused(&self, asked: Instant) {
        let answered = Instant::now();
        self.lock().refused.push(Refused { asked, answered });
    }

    pub fn broken(&self, answer: String) {
        self.lock().broken.push(answer);
    }

    pub fn retried(&self) {
        self.lock().retried += 1;
    }

    pub fn unknown(&self, user: Uuid) {
        *self.lock().unknown.entry(user).or_default() += 1;
    }

    /// A connection was opened; its number.
    pub fn opened(&self, user: Uuid) -> usize {
        let mut events = self.lock();
        events.connections.push(Connection {
            user,
            opened: Instant::now(),
            is_open: true,
        });
        events.connections.len() - 1
    }

    pub fn closed(&self, connection: usize) {
        self.lock().connections[connection].is_open = false;
    }

    pub fn frame(&self, connection: usize, request: Uuid, status: Status) {
        let at = Instant::now();
        self.lock().frames.push(Frame {
            connection,
            request,
            status,
            at,
        });
    }

    /// Count of the requests that were accepted so far.
    pub fn count_accepted(&self) -> usize {
        self.lock().accepted.len()
    }

    /// Test that a request was shown to have this status, to anybody.
    pub fn has_shown(&self, request: Uuid, status: Status) -> bool {
        let frames = &self.lock().frames;
        frames
            .iter()
            .any(|frame| frame.request == request && frame.status == status)
    }

    pub fn count_refused(&self) -> usize {
        self.lock().refused.len()
    }

    pub fn count_retried(&self) -> usize {
        self.lock().retried
    }

    /// Count of the requests that have ended before their users' eyes between two moments.
    pub fn count_ended(&self, from: Instant, to: Instant) -> usize {
        let ends = self.lock().ends();
        ends.values()
            .filter(|end| (from..to).contains(*end))
            .count()
    }

    /// Count of the open connections.
    pub fn count_open(&self) -> usize {
        self.lock()
            .connections
            .iter()
            .filter(|connection| connection.is_open)
            .count()
    }

    /// Time after `moment` at which everything that was asked until then had ended before its user's eyes.
    pub fn settled_after(&self, moment: Instant) -> Duration {
        let events = self.lock();
        let ends = events.ends();
        let asked_before = events
            .accepted
            .iter()
            .filter(|(_, accepted)| accepted.asked <= moment);
        let latest = asked_before
            .filter_map(|(request, _)| ends.get(request))
            .max();
        latest.map_or(Duration::ZERO, |end| end.saturating_duration_since(moment))
    }

    /// The slowest answer, but for the slowest hundredth, to what was asked between two moments.
    pub fn p99_answer(&self, from: Instant, to: Instant) -> Duration {
        let events = self.lock();
        let accepted = events.accepted.values().map(|a| (a.asked, a.answered));
        let refused = events.refused.iter().map(|r| (r.asked, r.answered));
        let within = accepted
            .chain(refused)
            .filter(|(asked, _)| (from..to).contains(asked));
        let mut times: Vec<Duration> = within.map(|(asked, answered)| answered - asked).collect();
        times.sort();
        let index = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    }

    /// Judges the history beside the ledger's rows of its users.
    pub fn judge(&self, ledger: &[Entry]) -> Verdict {
        let events = self.lock();
        let ledger: HashMap<Uuid, &Entry> =
            ledger.iter().map(|entry| (entry.request, entry)).collect();
        let mut verdict = Verdict::default();
        verdict.wrong.extend(events.broken.iter().cloned());
        events.judge_ledger(&ledger, &mut verdict);
        let shown = events.judge_frames(&ledger, &mut verdict);
        events.judge_completeness(&ledger, &shown, &mut verdict);
        verdict
    }

    fn lock(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap()
    }
}

impl Events {
    /// Times at which each request was first shown to have ended.
    fn ends(&self) -> HashMap<Uuid, Instant> {
        let mut ends: HashMap<Uuid, Instant> = HashMap::new();
        for frame in self.frames.iter().filter(|frame| frame.status.is_final()) {
            let end = ends.entry(frame.request).or_insert(frame.at);
            *end = (*end).min(frame.at);
        }
        ends
    }

    /// The accepted requests are those in the ledger, and all have ended.
    fn judge_ledger(&self, ledger: &HashMap<Uuid, &Entry>, verdict: &mut Verdict) {
        for (request, accepted) in &self.accepted {
            match ledger.get(request) {
                None => verdict
                    .wrong
                    .push(format!("{request} was accepted and is lost")),
                Some(entry) if entry.user != accepted.user => {
                    verdict.wrong.push(format!("{request} is another user's"));
                }
                Some(_) => {}
            }
        }
        let mut unknown = self.unknown.clone();
        for (request, entry) in ledger {
            if !entry.status.is_final() {
                verdict
                    .missing
                    .push(format!("{request} is {} still", entry.status.as_str()));
            }
            if self.accepted.contains_key(request) {
                continue;
            }
            match unknown.get_mut(&entry.user) {
                Some(left) if *left > 0 => *left -= 1,
                _ => verdict
                    .wrong
                    .push(format!("{request} is in the ledger and was not accepted")),
            }
        }
    }

    /// Check that what was shown is in order, true, and each end comes once. Answers the ends that were shown.
    fn judge_frames(
        &self,
        ledger: &HashMap<Uuid, &Entry>,
        verdict: &mut Verdict,
    ) -> HashSet<(usize, Uuid)> {
        let mut last: HashMap<(usize, Uuid), Status> = HashMap::new();
        let mut shown = HashSet::new();
        for frame in &self.frames {
            let (key, status) = ((frame.connection, frame.request), frame.status);
            let before = last.insert(key, status);
            if before.is_some_and(|before| before.rank() > status.rank()) {
                verdict.wrong.push(format!(
                    "{} went from {before:?} to {status:?}",
                    frame.request
                ));
            }
            if status.is_final() && !shown.insert(key) {
                verdict
                    .wrong
                    .push(format!("{} ended twice on one connection", frame.request));
            }
            let Some(entry) = ledger.get(&frame.request) else {
                verdict.wrong.push(format!(
                    "{} was shown and is not in the ledger",
                    frame.request
                ));
                continue;
            };
            if entry.user != self.connections[frame.connection].user {
                verdict
                    .wrong
                    .push(format!("{} was shown to another user", frame.request));
            }
            if status.is_final() && entry.status.is_final() && entry.status != status {
                verdict.wrong.push(format!(
                    "{} was shown as {status:?} and is {:?}",
                    frame.request, entry.status
                ));
            }
        }
        shown
    }

    /// Every open connection has been shown every end.
    fn judge_completeness(
        &self,
        ledger: &HashMap<Uuid, &Entry>,
        shown: &HashSet<(usize, Uuid)>,
        verdict: &mut Verdict,
    ) {
        let open = self
            .connections
            .iter()
            .enumerate()
            .filter(|(_, connection)| connection.is_open);
        for (number, connection) in open {
            for entry in ledger
                .values()
                .filter(|entry| entry.user == connection.user)
            {
                let asked = self
                    .accepted
                    .get(&entry.request)
                    .map(|accepted| accepted.asked);
                let is_old =
                    asked.is_some_and(|asked| asked + SHOWN_ON_CONNECT < connection.opened);
                if entry.status.is_final() && !is_old && !shown.contains(&(number, entry.request)) {
                    verdict.missing.push(format!(
                        "connection {number} was not shown the end of {}",
                        entry.request
                    ));
                }
            }
        }
    }
}
