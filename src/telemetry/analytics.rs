//! Product analytics: PostHog events in batches, beside everything else.
//!
//! Without a key nothing is sent. A full queue, a slow or a broken service loses events and nothing more.

use std::time::Duration;

use chrono::Utc;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::config::AnalyticsConfig;

/// Events that wait for the next batch at most.
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
    queue: Option<mpsc::Sender<Value>>,
}

impl Analytics {
    /// Starts sending on the current runtime, if there is a key. The task ends when the last clone is gone.
    ///
    /// # Errors
    /// TLS can't be set up.
    pub fn start(config: &AnalyticsConfig) -> anyhow::Result<Self> {
        let Some(api_key) = config.api_key.clone() else {
            return Ok(Self { queue: None });
        };
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let url = format!("{}/batch/", config.host);
        tokio::spawn(send_batches(client, url, api_key, receiver));
        Ok(Self {
            queue: Some(sender),
        })
    }

    /// Leaves an event about a user; returns at once.
    pub fn capture(&self, event: &'static str, user_id: Uuid, properties: Value) {
        let Some(queue) = &self.queue else { return };
        let event = json!({
            "event": event,
            "distinct_id": user_id,
            "uuid": Uuid::new_v4(),
            "timestamp": Utc::now(),
            "properties": properties,
        });
        if queue.try_send(event).is_err() {
            tracing::debug!("the queue of analytics is full: an event is lost");
        }
    }
}

async fn send_batches(
    client: reqwest::Client,
    url: String,
    api_key: String,
    mut events: mpsc::Receiver<Value>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        let body = json!({ "api_key": api_key, "batch": batch });
        match client
            .post(&url)
            .json(&body)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
        {
            Ok(_) => tracing::debug!(events = batch.len(), "analytics sent"),
            Err(error) => {
                tracing::warn!(error = %error.without_url(), events = batch.len(), "analytics lost");
            }
        }
        batch.clear();
        tokio::time::sleep(INTERVAL).await;
    }
}
