//! Translation for poolers that lend a session of the server for one transaction (`pool_mode = transaction`).
//!
//! What a session remembers is lost there, or found by somebody else: prepared statements and settings. So statements that
//! the client prepares are remembered here, and sent without a name before each use; and the settings go along with each
//! transaction, for as long as it lasts. What the server answers to that the client does not see.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arc_swap::ArcSwap;
use bytes::{Buf, BytesMut};

/// A message begins with its tag and its length, which counts itself.
const HEADER: usize = 5;
/// Answers to the statement that makes the settings.
const ANSWERS: usize = 4;

/// Settings of each transaction, as a statement that makes them for its time. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Settings(Arc<ArcSwap<String>>);

impl Settings {
    /// From now on these, by name.
    pub fn set(&self, settings: &[(&str, &str)]) {
        let calls = settings.iter().map(|(name, value)| {
            let value = value.replace('\'', "''");
            format!("set_config('{name}', '{value}', true)")
        });
        let calls: Vec<_> = calls.collect();
        self.0
            .store(Arc::new(format!("SELECT {}", calls.join(", "))));
    }
}

/// Messages up to a [`Sync`](https://www.postgresql.org/docs/current/protocol-flow.html), which the server answers together.
#[derive(Debug, Default)]
struct Batch {
    /// Answers to the settings that are still to come.
    settings: usize,
    /// Statements whose parsing is still to be answered, and whether the client knows nothing of it.
    parsings: VecDeque<bool>,
}

/// Translation of one connection.
#[derive(Debug)]
pub(crate) struct Translation {
    settings: Settings,
    /// The start of a message.
    begun: BytesMut,
    /// Texts and types of the statements that the client has prepared.
    statements: HashMap<Vec<u8>, Vec<u8>>,
    is_logged_in: bool,
    in_transaction: bool,
    is_open: bool,
    batches: VecDeque<Batch>,
}

impl Translation {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            begun: BytesMut::new(),
            statements: HashMap::new(),
            is_logged_in: false,
            in_transaction: false,
            is_open: false,
            batches: VecDeque::new(),
        }
    }

    /// Takes what the client writes, and writes to `out` what the server gets of it.
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut BytesMut) {
        if !self.is_logged_in {
            out.extend_from_slice(bytes);
            return;
        }
        self.begun.extend_from_slice(bytes);
        while let Some(length) = length(&self.begun).filter(|length| *length <= self.begun.len()) {
            let message = self.begun.split_to(length);
            self.translate(&message, out);
        }
    }

    fn translate(&mut self, message: &[u8], out: &mut BytesMut) {
        let (tag, body) = (message[0], &message[HEADER..]);
        match tag {
            b'P' => self.parse(body, out),
            b'B' => self.bind(body, out),
            b'D' if body.first() == Some(&b'S') => put(b'D', &[b"S\0"], out),
            b'C' if body.first() == Some(&b'S') => {
                self.open();
                self.statements.remove(text(&body[1..]).0);
                put(b'C', &[b"S\0"], out);
            }
            b'Q' => self.query(body, out),
            b'S' => {
                self.open();
                self.is_open = false;
                out.extend_from_slice(message);
            }
            _ => out.extend_from_slice(message),
        }
    }

    fn parse(&mut self, body: &[u8], out: &mut BytesMut) {
        let (name, rest) = text(body);
        self.begin(out);
        if !name.is_empty() {
            self.statements.insert(name.to_vec(), rest.to_vec());
        }
        self.expect_parsing(false);
        put(b'P', &[b"\0", rest], out);
    }

    fn bind(&mut self, body: &[u8], out: &mut BytesMut) {
        let (portal, rest) = text(body);
        let (name, rest) = text(rest);
        self.begin(out);
        if let Some(statement) = self.statements.get(name) {
            put(b'P', &[b"\0", statement], out);
            self.expect_parsing(true);
        }
        put(b'B', &[portal, b"\0\0", rest], out);
    }

    /// A statement as text; one that begins a transaction makes the settings, too, whose answers mean nothing to the client.
    fn query(&mut self, body: &[u8], out: &mut BytesMut) {
        self.batches.push_back(Batch::default());
        let settings = self.settings.0.load();
        let sql = text(body).0;
        let begins = [&b"BEGIN"[..], b"START"].iter().any(|word| {
            let start = sql.get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word))
        });
        if begins && !self.in_transaction && !settings.is_empty() {
            put(b'Q', &[sql, b"; ", settings.as_bytes(), b"\0"], out);
        } else {
            put(b'Q', &[body], out);
        }
    }

    /// Begins a batch, unless one is open.
    fn open(&mut self) -> bool {
        let opens = !self.is_open;
        if opens {
            self.batches.push_back(Batch::default());
            self.is_open = true;
        }
        opens
    }

    /// Begins a batch of statements; one that is a transaction by itself begins with the settings.
    fn begin(&mut self, out: &mut BytesMut) {
        if !self.open() || self.in_transaction {
            return;
        }
        let settings = self.settings.0.load();
        if let Some(batch) = self.batches.back_mut().filter(|_| !settings.is_empty()) {
            batch.settings = ANSWERS;
            put(b'P', &[b"\0", settings.as_bytes(), b"\0\0\0"], out);
            put(b'B', &[b"\0\0\0\0\0\0\0\0"], out);
            put(b'E', &[b"\0\0\0\0\0"], out);
        }
    }

    fn expect_parsing(&mut self, is_ours: bool) {
        if let Some(batch) = self.batches.back_mut() {
            batch.parsings.push_back(is_ours);
        }
    }

    /// Test for an answer that [`Self::swallows`] is to see in full.
    pub(crate) fn wants(&self, tag: u8) -> bool {
        let makes_settings = || self.batches.front().is_some_and(|batch| batch.settings > 0);
        matches!(tag, b'Z' | b'1') || (matches!(tag, b'2' | b'D' | b'C') && makes_settings())
    }

    /// Notes an answer; true if the client shall not see it.
    pub(crate) fn swallows(&mut self, message: &[u8]) -> bool {
        let batch = self.batches.front_mut();
        match message[0] {
            b'Z' => {
                self.in_transaction = message.last() != Some(&b'I');
                if self.is_logged_in {
                    self.batches.pop_front();
                }
                self.is_logged_in = true;
                false
            }
            // The server passes over what follows, up to the end of the batch.
            b'E' => {
                if let Some(batch) = batch {
                    *batch = Batch::default();
                }
                false
            }
            tag => batch.is_some_and(|batch| batch.swallows(tag)),
        }
    }
}

impl Batch {
    fn swallows(&mut self, tag: u8) -> bool {
        if self.settings > 0 {
            self.settings -= 1;
            return true;
        }
        tag == b'1' && self.parsings.pop_front() == Some(true)
    }
}

/// Whole length of the message that begins here, once its header has come.
fn length(bytes: &[u8]) -> Option<usize> {
    let mut length = bytes.get(1..HEADER)?;
    Some(length.get_u32() as usize + 1)
}

/// The text that begins here, without its end, and what follows.
fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == 0);
    let end = end.unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

fn put(tag: u8, parts: &[&[u8]], out: &mut BytesMut) {
    let length = parts.iter().map(|part| part.len()).sum::<usize>() + HEADER - 1;
    out.extend_from_slice(&[tag]);
    out.extend_from_slice(&(length as u32).to_be_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut out = BytesMut::new();
        put(tag, &[body], &mut out);
        out.to_vec()
    }

    fn logged_in(settings: &[(&str, &str)]) -> Translation {
        let shared = Settings::default();
        if !settings.is_empty() {
            shared.set(settings);
        }
        let mut translation = Translation::new(shared);
        assert!(!translation.swallows(&message(b'Z', b"I")));
        translation
    }

    /// Tags of what the server gets of `sent`, which comes in two pieces.
    fn sent(translation: &mut Translation, sent: &[Vec<u8>]) -> String {
        let (all, mut out) = (sent.concat(), BytesMut::new());
        let (first, second) = all.split_at(all.len() / 2);
        translation.write(first, &mut out);
        translation.write(second, &mut out);
        let mut tags = String::new();
        while let Some(length) = length(&out) {
            tags.push(char::from(out.split_to(length)[0]));
        }
        tags
    }

    /// Tags of what the client sees of answers, `Z` in a transaction or not.
    fn seen(translation: &mut Translation, answers: &str, state: u8) -> String {
        let mut seen = String::new();
        for tag in answers.bytes() {
            let body: &[u8] = if tag == b'Z' { &[state] } else { &[] };
            if !translation.wants(tag) && tag != b'E' || !translation.swallows(&message(tag, body))
            {
                seen.push(char::from(tag));
            }
        }
        seen
    }

    #[test]
    fn a_prepared_statement_is_sent_with_each_use() {
        let mut translation = logged_in(&[]);
        let prepare = [
            message(b'P', b"s1\0SELECT 1\0\0\0"),
            message(b'D', b"Ss1\0"),
            message(b'S', b""),
        ];
        assert_eq!(sent(&mut translation, &prepare), "PDS");
        assert_eq!(seen(&mut translation, "1tTZ", b'I'), "1tTZ");
        let run = [
            message(b'B', b"\0s1\0\0\0\0\0\0\0"),
            message(b'E', b"\0\0\0\0\0"),
            message(b'S', b""),
        ];
        for _ in 0..2 {
            assert_eq!(sent(&mut translation, &run), "PBES");
            assert_eq!(seen(&mut translation, "12DCZ", b'I'), "2DCZ");
        }
        let close = [message(b'C', b"Ss1\0"), message(b'S', b"")];
        assert_eq!(sent(&mut translation, &close), "CS");
        assert_eq!(seen(&mut translation, "3Z", b'I'), "3Z");
        assert!(translation.statements.is_empty() && translation.batches.is_empty());
    }

    #[test]
    fn settings_are_made_once_for_each_transaction() {
        let mut translation = logged_in(&[("lock_timeout", "it's")]);
        let run = [
            message(b'P', b"\0SELECT 1\0\0\0"),
            message(b'B', b"\0\0\0\0\0\0\0\0"),
            message(b'S', b""),
        ];
        assert_eq!(sent(&mut translation, &run), "PBEPBS");
        assert_eq!(seen(&mut translation, "12DCN12DCZ", b'I'), "N12DCZ");
        let mut out = BytesMut::new();
        translation.write(&message(b'Q', b"BEGIN\0"), &mut out);
        let sql = String::from_utf8_lossy(&out);
        assert!(
            sql.contains("BEGIN; SELECT set_config('lock_timeout', 'it''s', true)\0"),
            "{sql}"
        );
        assert_eq!(seen(&mut translation, "CTDCZ", b'T'), "CTDCZ");
        assert_eq!(sent(&mut translation, &run), "PBS");
        assert_eq!(seen(&mut translation, "12DCZ", b'T'), "12DCZ");
    }

    #[test]
    fn an_error_ends_what_was_expected() {
        let mut translation = logged_in(&[("lock_timeout", "1")]);
        let run = [message(b'P', b"s1\0SELECT\0\0\0"), message(b'S', b"")];
        for (answers, expected) in [("EZ", "EZ"), ("12DCEZ", "EZ"), ("12DC1Z", "1Z")] {
            assert_eq!(sent(&mut translation, &run), "PBEPS");
            assert_eq!(seen(&mut translation, answers, b'I'), expected);
        }
    }

    #[test]
    fn nothing_is_translated_before_the_login() {
        let mut translation = Translation::new(Settings::default());
        let mut out = BytesMut::new();
        translation.write(b"\0\0\0\x08anything", &mut out);
        assert_eq!(&out[..], b"\0\0\0\x08anything");
        assert!(!translation.swallows(&message(b'Z', b"I")));
    }
}
