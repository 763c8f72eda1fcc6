//! Time limits of a client's connection, from its first request to its last.
//!
//! The HTTP dispatcher times the head of the first request and the silence between two; a single byte ends that silence, and
//! nothing times what comes after it. So the socket itself keeps the time: a client that has begun a request and does not end
//! its head, or goes on with the body of an answered one, is taken for one that has hung up. A client that does not take its
//! answers is not listened to meanwhile, else it could have any number of them kept for it. (The beginning of a head that came
//! together with the request before it is not seen here: it is waited for as long as for any next request.)

use std::cell::Cell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::Patience;
use crate::name_run::NameRun;

/// Time for each byte that a client takes once it has kept the server waiting: 4 KB a second.
const PER_BYTE: Duration = Duration::from_micros(250);

/// Turn of the server or the client on a connection: while a request is answered, the client is not waited for.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    is_answering: Cell<bool>,
    /// Bytes came since the last answer.
    has_begun: Cell<bool>,
    /// By when the next request must have come.
    due: Cell<Option<Instant>>,
}

impl Turn {
    /// It is the server's turn until the value is dropped, and then the client's for at most `idle`.
    pub(crate) fn answer(self: &Rc<Self>, idle: Duration) -> Answering {
        self.is_answering.set(true);
        self.has_begun.set(false);
        self.due.set(None);
        Answering(self.clone(), idle)
    }

    /// The client has sent something; the rest of a request's head must come within `head`.
    fn heard(&self, head: Duration) {
        if !self.is_answering.get() && !self.has_begun.replace(true) && self.due.get().is_some() {
            self.due.set(Some(Instant::now() + head));
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering(Rc<Turn>, Duration);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.is_answering.set(false);
        self.0.due.set(Some(Instant::now() + self.1));
    }
}

/// A client's socket that keeps the time.
pub(crate) struct Client {
    socket: TcpStream,
    turn: Rc<Turn>,
    patience: Patience,
    alarm: Pin<Box<Sleep>>,
    /// By when the client must have taken what it was sent; set while it keeps the server waiting.
    unsent: Option<Instant>,
    name: NameRun,
    /// The client was given up.
    is_late: bool,
}

impl Client {
    pub(crate) fn new(socket: TcpStream, patience: Patience) -> Self {
        Self {
            socket,
            turn: Rc::default(),
            patience,
            alarm: Box::pin(sleep_until(Instant::now() + patience.keep_alive)),
            unsent: None,
            name: NameRun::default(),
            is_late: false,
        }
    }

    pub(crate) const fn socket(&self) -> &TcpStream {
        &self.socket
    }

    pub(crate) fn into_socket(self) -> TcpStream {
        self.socket
    }

    pub(crate) fn turn(&self) -> Rc<Turn> {
        self.turn.clone()
    }

    /// Check that `due` is past; if it is not, the task is woken when it is. The alarm may go off too early and is set anew then, so
    /// that a request costs no change of it.
    fn is_past(&mut self, due: Instant, cx: &mut Context<'_>) -> bool {
        if due < self.alarm.deadline() {
            self.alarm.as_mut().reset(due);
        }
        while self.alarm.as_mut().poll(cx).is_ready() {
            if self.alarm.deadline() >= due {
                return true;
            }
            self.alarm.as_mut().reset(due);
        }
        false
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for Client {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_late {
            return Poll::Ready(Ok(()));
        }
        if this.unsent.is_some() {
            // The flush that gets rid of it wakes the task.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, buffer);
        let news = &mut buffer.filled_mut()[before..];
        if !news.is_empty() {
            this.name.break_in(news);
            this.turn.heard(this.patience.head);
        }
        read
    }
}

impl AsyncWrite for Client {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.socket).poll_write(cx, bytes);
        match (&written, &mut this.unsent) {
            (Poll::Ready(Ok(taken)), Some(due)) => *due += PER_BYTE * *taken as u32,
            (Poll::Pending, unsent) => {
                let due = *unsent.get_or_insert_with(|| Instant::now() + this.patience.stuck);
                if this.is_past(due, cx) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
            }
            _ => {}
        }
        written
    }

    /// Reached when all is written, whatever was to be written.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut must_read = this.unsent.take().is_some();
        if let Some(due) = this.turn.due.get().filter(|_| !this.is_late) {
            this.is_late = this.is_past(due, cx);
            must_read |= this.is_late;
        }
        if must_read {
            cx.waker().wake_by_ref();
        }
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
