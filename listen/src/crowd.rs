//! Connections of each client, counted so that no one has them all.

use std::collections::hash_map::Entry;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use rustc_hash::FxHashMap;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use uuid::Uuid;

use crate::upgrade::discard;

/// Interval between two log lines about refusals.
const LOG_EVERY: Duration = Duration::from_mins(1);
/// Longest time for a refused client to read why.
const FAREWELL: Duration = Duration::from_secs(1);

/// As whom a connection from an address is counted; `None`: not at all.
pub type CountedAs = Arc<dyn Fn(IpAddr) -> Option<IpAddr> + Send + Sync>;

/// Open connections of each client that has any.
type Open = Arc<Mutex<FxHashMap<IpAddr, usize>>>;

/// Limit of open connections for each client. Clones count together.
#[derive(Clone)]
pub struct Crowd {
    most: usize,
    counted_as: CountedAs,
    open: Open,
    refused: Arc<Mutex<Refused>>,
}

/// Refusals since the last line of the log about them.
#[derive(Default)]
struct Refused {
    count: u64,
    logged_at: Option<Instant>,
}

impl Crowd {
    /// At most so many connections of each; 0: no limit.
    pub fn new(most: usize, counted_as: CountedAs) -> Self {
        Self {
            most,
            counted_as,
            open: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// Any number of connections.
    pub fn unlimited() -> Self {
        Self::new(0, Arc::new(|_| None))
    }

    /// Counts a connection until the value is dropped.
    ///
    /// # Errors
    /// There are too many already.
    pub(crate) fn enter(&self, address: Option<IpAddr>) -> Result<Place, TooMany> {
        let counted = address.and_then(|address| (self.counted_as)(address));
        let Some(counted) = counted.filter(|_| self.most > 0) else {
            return Ok(Place(None));
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(counted).or_default();
        if *count >= self.most {
            drop(open);
            self.log_refusal(counted);
            return Err(TooMany);
        }
        *count += 1;
        drop(open);
        Ok(Place(Some((self.open.clone(), counted))))
    }

    fn log_refusal(&self, address: IpAddr) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.count += 1;
        if refused.logged_at.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            tracing::warn!(
                client.address = %address,
                refused = refused.count,
                most = self.most,
                "connections refused: an address has too many"
            );
            *refused = Refused {
                count: 0,
                logged_at: Some(Instant::now()),
            };
        }
    }
}

impl fmt::Debug for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crowd")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

/// An open connection that is counted.
#[derive(Debug)]
pub(crate) struct Place(Option<(Open, IpAddr)>);

impl Drop for Place {
    fn drop(&mut self) {
        let Some((open, address)) = &self.0 else {
            return;
        };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = open.entry(*address) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// The client has as many connections as it may.
#[derive(Debug)]
pub(crate) struct TooMany;

impl TooMany {
    /// Says so, whatever is asked for, and ends the connection.
    pub(crate) async fn tell(self, mut socket: TcpStream) {
        let trace_id = Uuid::new_v4();
        let body = format!(
            r#"{{"code":"too_many_requests","message":"too many connections from this address","trace_id":"{trace_id}"}}"#
        );
        let answer = format!(
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\nCache-Control: no-store\r\nRetry-After: 10\r\nTrace-Id: {trace_id}\r\n\r\n{body}",
            body.len()
        );
        let telling = async {
            socket.write_all(answer.as_bytes()).await?;
            socket.shutdown().await?;
            // Closed with something unread, the connection would be reset before the client has read.
            discard(&socket).await
        };
        // However it ends.
        let _ = timeout(FAREWELL, telling).await;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_client_is_counted_alone_and_forgotten_when_it_goes() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let crowd = Crowd::new(
            2,
            Arc::new(move |address| Some(address).filter(|address| *address != proxy)),
        );
        let enter = |address: &str| crowd.enter(Some(address.parse().unwrap()));
        let (first, second) = (enter("192.0.2.1").unwrap(), enter("192.0.2.1").unwrap());
        assert!(enter("192.0.2.1").is_err());
        assert!(enter("192.0.2.2").is_ok());
        let through_proxy: Vec<_> = (0..10).map(|_| enter("10.0.0.1")).collect();
        assert!(through_proxy.iter().all(Result::is_ok));
        drop(first);
        assert!(enter("192.0.2.1").is_ok());
        drop(second);
        assert!(crowd.open.lock().unwrap().is_empty());
    }
}
