//! Product analytics: PostHog events by its own client, which sends them in batches from a thread, beside everything else.
//!
//! Without a key nothing is sent. A full queue, a slow or a broken service loses events and nothing more; what was seen of
//! that is in `docs/decisions/posthog-client.md`.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use posthog_rs::{Client, ClientOptionsBuilder, Event, PostHogError};
use serde_json::Value;
use uuid::Uuid;

use crate::config::AnalyticsConfig;

/// Events that wait at most, and those of a batch that is being sent.
const QUEUE: usize = 1_000;
/// Events sent at once at most.
const BATCH: usize = 100;
/// Time for which a batch is collected.
const INTERVAL: Duration = Duration::from_secs(2);
/// Longest time for one batch.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Somewhere to leave events. Clones share the queue.
#[derive(Debug, Clone)]
pub struct Analytics {
    sender: Option<Arc<Sender>>,
}

impl Analytics {
    /// Starts the thread that sends, if there is a key. It ends when the last clone is gone.
    ///
    /// # Errors
    /// TLS can't be set up.
    pub fn start(config: &AnalyticsConfig) -> anyhow::Result<Self> {
        let Some(api_key) = &config.api_key else {
            return Ok(Self { sender: None });
        };
        let api_key = api_key.read().context("POSTHOG_API_KEY_FILE")?;
        let host = config.host.clone();
        // The client waits for a thread of its own, which must not be done on the runtime.
        let starting = thread::spawn(move || connect(api_key, host));
        let client = starting
            .join()
            .map_err(|_| anyhow!("the client of the analytics panicked"))??;
        Ok(Self {
            sender: Some(Arc::new(Sender(Some(client)))),
        })
    }

    /// Leaves an event about a user; returns at once.
    pub fn capture(&self, event: &'static str, user_id: Uuid, properties: Value) {
        let Some(Sender(Some(client))) = self.sender.as_deref() else {
            return;
        };
        let mut event = Event::new(event.to_owned(), user_id.to_string());
        if let Value::Object(properties) = properties {
            for (name, value) in properties {
                // A JSON value is always one.
                let _ = event.insert_prop(name, value);
            }
        }
        client.capture(event);
    }
}

fn connect(api_key: String, host: String) -> anyhow::Result<Client> {
    let http = reqwest::blocking::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let options = ClientOptionsBuilder::default()
        .api_key(api_key)
        .host(host)
        .blocking_http_client(http)
        .request_timeout_seconds(TIMEOUT.as_secs())
        .max_queue_size(QUEUE)
        .flush_at(BATCH)
        .max_batch_size(BATCH)
        .flush_interval_ms(INTERVAL.as_millis() as u64)
        // A second try would hold up the next batch.
        .max_capture_attempts(1)
        .shutdown_timeout_ms(0)
        // What the address of this server says about places says nothing of the users.
        .disable_geoip(true)
        .on_error(tell_loss)
        .build()?;
    Ok(posthog_rs::client(options))
}

fn tell_loss(error: &PostHogError<'_>) {
    if let PostHogError::Capture(failure) = error {
        let (status, events) = (failure.status(), failure.event_count());
        tracing::warn!(status, events, "analytics lost");
    }
}

/// The client, which waits for its thread when it is dropped: as long as a batch may take.
struct Sender(Option<Client>);

impl Drop for Sender {
    fn drop(&mut self) {
        let client = self.0.take();
        let ending = move || drop(client);
        drop(
            thread::Builder::new()
                .name("analytics-end".to_owned())
                .spawn(ending),
        );
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}
