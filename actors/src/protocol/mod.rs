//! The WebSocket protocol as a state machine: clock and input in, actions out. It knows no socket and no actor.

mod sent;
#[cfg(test)]
mod tests;
mod token_bucket;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

pub use token_bucket::Rate;

use crate::event::StatusEvent;
use crate::frame::{ClientFrame, FrameError, UpdateLocation};
use sent::SentStatuses;
use token_bucket::TokenBucket;

/// Limits of a connection: rates, sizes and silence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// A ping is sent this often.
    pub ping_every: Duration,
    /// A connection that has been silent for this long is closed.
    pub silent_after: Duration,
    /// Longest frame, or joined fragments, in bytes.
    pub max_frame_bytes: usize,
    /// Frames of any kind; more is a flood.
    pub frames: Rate,
    /// `update_location` frames; more are answered by an error.
    pub locations: Rate,
}

impl Limits {
    /// The limits of the public contract.
    pub const DEFAULT: Self = Self {
        ping_every: Duration::from_secs(15),
        silent_after: Duration::from_secs(40),
        max_frame_bytes: 16 * 1024,
        frames: Rate {
            burst: 60.0,
            per_second: 20.0,
        },
        locations: Rate {
            burst: 5.0,
            per_second: 2.0,
        },
    };
}

/// Reason for which the server closes a connection (RFC 6455 section 7.4.1 and its registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum CloseCode {
    /// The client closed first.
    Normal = 1000,
    /// The server shuts down, or the client went silent.
    GoingAway = 1001,
    /// A frame that the protocol forbids.
    ProtocolError = 1002,
    /// The client broke a limit.
    PolicyViolation = 1008,
    /// A frame was too long.
    TooBig = 1009,
    /// The hub was restarted: connect again.
    ServiceRestart = 1012,
    /// The server can't serve this connection now: try again later.
    TryAgainLater = 1013,
}

/// A close code and its reason, at most 123 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// The code.
    pub code: CloseCode,
    /// A few words for developers.
    pub reason: Cow<'static, str>,
}

impl Close {
    /// The login behind the connection is over.
    pub(crate) const LOGIN_OVER: Self = Self::new(CloseCode::PolicyViolation, "log in again");

    /// A close frame's content.
    pub const fn new(code: CloseCode, reason: &'static str) -> Self {
        Self {
            code,
            reason: Cow::Borrowed(reason),
        }
    }

    /// Asks to connect again after a random pause, so that not all come back at once.
    pub fn come_back(code: CloseCode) -> Self {
        let pause = rand::random_range(0..COME_BACK_WITHIN_MS);
        Self {
            code,
            reason: format!("retry_after_ms={pause}").into(),
        }
    }
}

/// Clients that are sent away come back within this time.
const COME_BACK_WITHIN_MS: u32 = 3_000;

/// Action on the connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// Send an error frame; the connection stays.
    Refuse(FrameError),
    /// Find out where on its route the walker is, then call [`Protocol::matched`].
    Match(UpdateLocation),
    /// Send a ping.
    Ping,
    /// Send a pong with this payload.
    Pong(Bytes),
    /// Send a close frame and end the connection.
    Close(Close),
}

/// A piece of a fragmented message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// The first, of a text message.
    FirstText(Bytes),
    /// The first, of a binary message.
    FirstBinary(Bytes),
    /// One in between.
    Continue(Bytes),
    /// The last.
    Last(Bytes),
}

/// The state of one connection.
#[derive(Debug)]
pub struct Protocol {
    limits: Arc<Limits>,
    sent: SentStatuses,
    frames: TokenBucket,
    locations: TokenBucket,
    fragments: Option<Vec<u8>>,
    heard_at: Instant,
    ping_at: Instant,
    ends_at: Option<Instant>,
    matching: bool,
    waiting: Option<Box<UpdateLocation>>,
}

impl Protocol {
    /// A connection that was opened at `now`.
    pub fn new(limits: Arc<Limits>, now: Instant) -> Self {
        Self {
            sent: SentStatuses::default(),
            frames: TokenBucket::full(limits.frames, now),
            locations: TokenBucket::full(limits.locations, now),
            fragments: None,
            heard_at: now,
            ping_at: now + limits.ping_every,
            ends_at: None,
            matching: false,
            waiting: None,
            limits,
        }
    }

    /// Protocol that is closed at the first tick after `end`, when the login is over.
    #[must_use]
    pub fn ending_at(self, end: Instant) -> Self {
        Self {
            ends_at: Some(end),
            ..self
        }
    }

    /// True if a status is news and is to be sent: each status once, in order, never backwards.
    pub fn admit(&mut self, event: &StatusEvent) -> bool {
        self.sent.admit(event)
    }

    /// A whole text message has arrived.
    pub fn text(&mut self, text: &str, now: Instant) -> Action {
        self.heard(now).unwrap_or_else(|| self.message(text, now))
    }

    /// A piece of a message has arrived; pieces are joined up to the longest frame.
    pub fn fragment(&mut self, fragment: Fragment, now: Instant) -> Action {
        self.heard(now).unwrap_or_else(|| self.join(&fragment, now))
    }

    /// A binary message has arrived.
    pub fn binary(&mut self, now: Instant) -> Action {
        self.heard(now).unwrap_or_else(|| {
            Action::Refuse(FrameError::new("binary_frame", "frames are JSON text"))
        })
    }

    /// A ping has arrived.
    pub fn ping(&mut self, payload: Bytes, now: Instant) -> Action {
        self.heard(now).unwrap_or(Action::Pong(payload))
    }

    /// A pong has arrived.
    pub fn pong(&mut self, now: Instant) -> Action {
        self.heard(now).unwrap_or(Action::None)
    }

    /// The moment at which [`Protocol::tick`] is to be called next.
    pub fn next_tick(&self) -> Instant {
        self.ping_at.min(self.heard_at + self.limits.silent_after)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) -> Action {
        if now >= self.heard_at + self.limits.silent_after {
            return Action::Close(Close::new(CloseCode::GoingAway, "silent for too long"));
        }
        if self.ends_at.is_some_and(|end| now >= end) {
            return Action::Close(Close::LOGIN_OVER);
        }
        if now < self.ping_at {
            return Action::None;
        }
        self.ping_at = now + self.limits.ping_every;
        Action::Ping
    }

    /// The match of the last [`Action::Match`] has been answered; goes on with the newest location that came meanwhile.
    pub fn matched(&mut self) -> Action {
        self.matching = false;
        self.waiting
            .take()
            .map_or(Action::None, |update| self.locate(*update))
    }

    /// Notes a sign of life; something if it was one too many.
    fn heard(&mut self, now: Instant) -> Option<Action> {
        self.heard_at = now;
        let flood = !self.frames.take(self.limits.frames, now);
        flood.then_some(Action::Close(Close::new(
            CloseCode::PolicyViolation,
            "too many frames",
        )))
    }

    fn message(&mut self, text: &str, now: Instant) -> Action {
        if text.len() > self.limits.max_frame_bytes {
            return too_big();
        }
        match ClientFrame::parse(text) {
            Ok(ClientFrame::UpdateLocation(update))
                if self.locations.take(self.limits.locations, now) =>
            {
                self.locate(update)
            }
            Ok(ClientFrame::UpdateLocation(_)) => Action::Refuse(FrameError::new(
                "too_many_requests",
                "locations come too often",
            )),
            Err(error) => Action::Refuse(error),
        }
    }

    /// One match at a time; while it lasts, only the newest location waits.
    fn locate(&mut self, update: UpdateLocation) -> Action {
        if self.matching {
            self.waiting = Some(Box::new(update));
            return Action::None;
        }
        self.matching = true;
        Action::Match(update)
    }

    fn join(&mut self, fragment: &Fragment, now: Instant) -> Action {
        let (Fragment::FirstText(part)
        | Fragment::FirstBinary(part)
        | Fragment::Continue(part)
        | Fragment::Last(part)) = fragment;
        match fragment {
            Fragment::FirstText(_) => self.fragments = Some(Vec::new()),
            Fragment::FirstBinary(_) => self.fragments = None,
            Fragment::Continue(_) | Fragment::Last(_) => {}
        }
        let Some(joined) = &mut self.fragments else {
            return match fragment {
                Fragment::Last(_) => {
                    Action::Refuse(FrameError::new("binary_frame", "frames are JSON text"))
                }
                _ => Action::None,
            };
        };
        if joined.len() + part.len() > self.limits.max_frame_bytes {
            return too_big();
        }
        joined.extend_from_slice(part);
        if !matches!(fragment, Fragment::Last(_)) {
            return Action::None;
        }
        let joined = self.fragments.take().unwrap_or_default();
        match std::str::from_utf8(&joined) {
            Ok(text) => self.message(text, now),
            Err(_) => Action::Refuse(FrameError::new("invalid_json", "the frame is not UTF-8")),
        }
    }
}

const fn too_big() -> Action {
    Action::Close(Close::new(CloseCode::TooBig, "the frame is too long"))
}
