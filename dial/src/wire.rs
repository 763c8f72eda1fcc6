//! `PostgreSQL`'s messages on their way in: error codes (SQLSTATE) put where nothing drops them.
//!
//! Diesel names ten of some 250 codes and forgets the rest, and the text beside them is in the server's language. So
//! the code goes in front of the text, as in the server's own verbose log: `55P03: …`.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arc_swap::ArcSwapOption;
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

use crate::sqlstate::{self, Verdict};
use crate::translation::{Settings, Translation};

/// Bytes that are read at once.
const CHUNK: usize = 16 << 10;
/// A message begins with its tag and its length, which counts itself.
const HEADER: usize = 5;
const ERROR: u8 = b'E';
/// Longest error: a message that claims more is none, whatever its tag.
const LONGEST_ERROR: usize = 1 << 20;
/// Fields of an error: its code.
const CODE: u8 = b'C';
/// Fields of an error: its text, for people.
const TEXT: u8 = b'M';

/// Mark of a session that has met an error after which nobody else shall have it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Condemned(Arc<ArcSwapOption<Verdict>>);

impl Condemned {
    /// Marks the session, unless that was done by an error which told of more.
    pub fn set(&self, verdict: Verdict) {
        self.0.rcu(|known| {
            Some(Arc::new(
                known
                    .as_deref()
                    .map_or(verdict, |known| verdict.max(*known)),
            ))
        });
    }

    /// The mark, if there is one.
    pub fn verdict(&self) -> Option<Verdict> {
        self.0.load().as_deref().copied()
    }
}

/// A stream from a server, whose errors begin with their code.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    condemned: Condemned,
    /// Bytes that have come and are not handed on yet.
    come: BytesMut,
    /// Length of what may be handed on of these.
    ready: usize,
    /// Rest of the message behind that is handed on as it comes.
    passing: usize,
    /// Translation for a pooler.
    translation: Option<Translation>,
    /// Bytes that are translated and not written yet.
    going: BytesMut,
}

impl<S> Wire<S> {
    /// Reads `stream`; an error that condemns the session is noted in `condemned` before anybody sees it.
    pub(crate) fn new(stream: S, condemned: Condemned, lent: Option<&Settings>) -> Self {
        Self {
            translation: lent.cloned().map(Translation::new),
            going: BytesMut::new(),
            stream,
            condemned,
            come: BytesMut::new(),
            ready: 0,
            passing: 0,
        }
    }

    /// Follows what has come from message to message, up to an error that is not there in full.
    fn follow(&mut self) {
        while let Some(rest) = self.come.get(self.ready..).filter(|rest| !rest.is_empty()) {
            if self.passing > 0 {
                let passes = self.passing.min(rest.len());
                self.passing -= passes;
                self.ready += passes;
                continue;
            }
            let Some((tag, length)) = header(rest) else {
                return;
            };
            if tag != ERROR || length > LONGEST_ERROR {
                if !self.pass(tag, length) {
                    return;
                }
            } else if let Some(message) = rest.get(..length) {
                let (message, code) = with_code(message);
                if let Some(translation) = &mut self.translation {
                    translation.swallows(&message);
                }
                if let Some(verdict) = sqlstate::verdict(&code) {
                    self.condemned.set(verdict);
                }
                self.replace(length, &message);
            } else {
                return;
            }
        }
    }

    /// Lets a message pass, unless the client shall not see it; false if that can't be told yet.
    fn pass(&mut self, tag: u8, length: usize) -> bool {
        let Some(translation) = self.translation.as_mut().filter(|one| one.wants(tag)) else {
            self.passing = length;
            return true;
        };
        let Some(message) = self.come.get(self.ready..self.ready + length) else {
            return false;
        };
        if translation.swallows(message) {
            self.replace(length, &[]);
        } else {
            self.ready += length;
        }
        true
    }

    /// Hands on `message` in place of the `length` bytes that came.
    fn replace(&mut self, length: usize, message: &[u8]) {
        let later = self.come.split_off(self.ready + length);
        self.come.truncate(self.ready);
        self.come.extend_from_slice(message);
        self.ready = self.come.len();
        self.come.extend_from_slice(&later);
    }
}

/// Tag and whole length of the message that begins here, once both have come.
fn header(bytes: &[u8]) -> Option<(u8, usize)> {
    let (tag, rest) = bytes.split_first()?;
    let length = u32::from_be_bytes(*rest.first_chunk()?);
    Some((*tag, length as usize + 1))
}

/// An error with its code in front of its text, and the code.
fn with_code(message: &[u8]) -> (Vec<u8>, String) {
    let fields = message.get(HEADER..).unwrap_or_default();
    let fields = fields
        .split(|byte| *byte == 0)
        .filter_map(<[u8]>::split_first);
    let code = fields.clone().find(|(kind, _)| **kind == CODE);
    let code = String::from_utf8_lossy(code.map_or(&[], |(_, code)| code)).into_owned();
    let mut body = Vec::new();
    for (kind, value) in fields {
        body.push(*kind);
        if *kind == TEXT {
            body.extend_from_slice(code.as_bytes());
            body.extend_from_slice(b": ");
        }
        // Before a session has an encoding, the server writes in its own.
        body.extend_from_slice(String::from_utf8_lossy(value).as_bytes());
        body.push(0);
    }
    body.push(0);
    let length = (body.len() + HEADER - 1) as u32;
    let message = [&[ERROR], &length.to_be_bytes()[..], &body].concat();
    (message, code)
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.ready == 0 {
            this.come.reserve(CHUNK);
            let reading = pin!(this.stream.read_buf(&mut this.come));
            if ready!(reading.poll(cx))? > 0 {
                this.follow();
            } else if this.come.is_empty() {
                return Poll::Ready(Ok(()));
            } else {
                // It ended in the middle of a message.
                this.ready = this.come.len();
            }
        }
        let taken = this.ready.min(buffer.remaining());
        buffer.put_slice(&this.come[..taken]);
        this.come.advance(taken);
        this.ready -= taken;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Writes what is translated.
    fn poll_going(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.going.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.going))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.going.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.translation.is_none() {
            return Pin::new(&mut this.stream).poll_write(cx, bytes);
        }
        ready!(this.poll_going(cx))?;
        if let Some(translation) = &mut this.translation {
            translation.write(bytes, &mut this.going);
        }
        match this.poll_going(cx)? {
            // What is left goes with the next write, or the flush that follows.
            Poll::Ready(()) | Poll::Pending => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_going(cx))?;
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_going(cx))?;
        Pin::new(&mut this.stream).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Wire<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = (body.len() as u32 + 4).to_be_bytes();
        [&[tag], &length[..], body].concat()
    }

    /// Bytes that are read of `sent`, which comes `piece` bytes at a time, and whether the session is condemned.
    async fn read(sent: &[u8], piece: usize) -> (Vec<u8>, Option<Verdict>) {
        let (mut server, client) = tokio::io::duplex(piece);
        let condemned = Condemned::default();
        let mut wire = Wire::new(client, condemned.clone(), None);
        let mut got = Vec::new();
        let sending = async {
            server.write_all(sent).await.unwrap();
            drop(server);
        };
        tokio::join!(sending, async { wire.read_to_end(&mut got).await.unwrap() });
        (got, condemned.verdict())
    }

    #[tokio::test]
    async fn an_error_begins_with_its_code_however_it_comes() {
        let row = message(b'D', &[b'E'; 300]);
        let ready = message(b'Z', b"I");
        let error = message(b'E', b"SFEHLER\0C55P03\0MZeit um\0\0");
        let told = message(b'E', b"SFEHLER\0C55P03\0M55P03: Zeit um\0\0");
        let sent = [&row[..], &error, &ready, &error, &row].concat();
        let expected = [&row[..], &told, &ready, &told, &row].concat();
        for piece in [1, 2, 3, 7, 64, 100_000] {
            let (got, condemned) = read(&sent, piece).await;
            assert!(got == expected && condemned.is_none(), "{piece}");
        }
    }

    #[tokio::test]
    async fn a_text_in_another_encoding_is_made_readable() {
        let error = message(b'E', b"C28P01\0Mf\xfcr Benutzer\0\0");
        let told = message(b'E', "C28P01\0M28P01: f\u{fffd}r Benutzer\0\0".as_bytes());
        assert_eq!(read(&error, 100).await.0, told);
    }

    #[tokio::test]
    async fn an_error_that_condemns_the_session_is_noted() {
        for (code, verdict) in [
            ("25006", Some(Verdict::Doubt)),
            ("26000", Some(Verdict::Doubt)),
            ("57P02", Some(Verdict::Doubt)),
            ("57P01", Some(Verdict::Spent)),
            ("25P03", Some(Verdict::Spent)),
            ("23505", None),
        ] {
            let error = message(b'E', format!("C{code}\0Mtext\0\0").as_bytes());
            assert_eq!(read(&error, 9).await.1, verdict, "{code}");
            let more = [error, message(b'E', b"C57P05\0Mtext\0\0")].concat();
            let worst = verdict.max(Some(Verdict::Spent));
            assert_eq!(read(&more, 9).await.1, worst, "{code}");
        }
    }

    #[tokio::test]
    async fn what_is_no_message_passes_as_it_is() {
        for odd in [
            &b"E"[..],
            b"Ecould not fork",
            b"HTTP/1.1 400",
            &[0; 9],
            b"E\0\0\0\x09C55",
        ] {
            assert_eq!(read(odd, 4).await, (odd.to_vec(), None));
        }
    }
}
