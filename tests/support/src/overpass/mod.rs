//! A stand-in for an Overpass server: it reads a real extract, answers the queries that Wildside asks, and fails on
//! demand in each way in which real servers were seen to fail.

mod data;
mod query;
mod response;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use data::Extract;
use query::Query;

/// Faults of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OverpassFault {
    /// Nothing.
    #[default]
    None,
    /// 429 and a page; real servers do not say when to come again, but they may.
    RateLimited {
        /// `Retry-After`.
        retry_after: Option<String>,
    },
    /// 504 and a page: the dispatcher is off or overloaded.
    Busy {
        /// `Retry-After`.
        retry_after: Option<String>,
    },
    /// 200, but a page with a runtime error.
    PageWithStatus200,
    /// 400 and a page.
    BadQuery,
    /// A JSON answer with half of the elements and a remark.
    Remark,
    /// The connection is accepted and nothing is ever said.
    Silence,
    /// The headers, then one byte a second.
    Trickle,
    /// The connection ends in the middle of the body.
    Truncated,
    /// A body of 100 MB.
    Huge,
    /// A small compressed body that becomes 100 MB.
    CompressedBomb,
    /// A redirect to another address.
    Redirect(String),
    /// This text as the body of a good answer.
    Body(String),
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverpassRequest {
    /// Its `User-Agent`.
    pub user_agent: String,
    /// The query in it.
    pub query: String,
}

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub struct FakeOverpass {
    port: u16,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    extract: Extract,
    fault: Mutex<OverpassFault>,
    requests: Mutex<Vec<OverpassRequest>>,
    under_way: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl FakeOverpass {
    /// A server with the data of an `.osm.pbf` file.
    pub fn of_extract(path: &Path) -> Self {
        Self::start(Extract::read(path))
    }

    /// A server that knows of nothing.
    pub fn empty() -> Self {
        Self::start(Extract::default())
    }

    fn start(extract: Extract) -> Self {
        let state = Arc::new(State {
            extract,
            ..State::default()
        });
        let listener =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener
            .set_nonblocking(true)
            .expect("a listener can be non-blocking");
        let port = listener.local_addr().expect("it is bound").port();
        let (stop, stopped) = oneshot::channel();
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be built");
        let serving = state.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("the listener is sound");
                tokio::select! {
                    () = accept(listener, serving) => (),
                    _ = stopped => (),
                }
            });
        });
        Self {
            port,
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Its interpreter.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api/interpreter", self.port)
    }

    /// From now on this goes wrong.
    pub fn set(&self, fault: OverpassFault) {
        *locked(&self.state.fault) = fault;
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<OverpassRequest> {
        locked(&self.state.requests).clone()
    }

    /// Most requests that were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for FakeOverpass {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, state.clone()));
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let Some(request) = read_request(&mut stream).await else {
        return;
    };
    let under_way = state.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    state.most_at_once.fetch_max(under_way, Ordering::SeqCst);
    locked(&state.requests).push(request.clone());
    let fault = locked(&state.fault).clone();
    let found = Query::parse(&request.query).map(|query| state.extract.answer(&query));
    let _ = response::write(&mut stream, &fault, found).await;
    let _ = stream.shutdown().await;
    state.under_way.fetch_sub(1, Ordering::SeqCst);
}

/// A POST with a form, as far as it matters here.
async fn read_request(stream: &mut TcpStream) -> Option<OverpassRequest> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = header(head, "content-length")
                .and_then(|value| value.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                let (_, query) =
                    form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == "data")?;
                let user_agent = header(head, "user-agent").unwrap_or_default().to_owned();
                return Some(OverpassRequest {
                    user_agent,
                    query: query.into_owned(),
                });
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}
