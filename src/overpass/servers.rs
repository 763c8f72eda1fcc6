//! One question to the first server that has an answer, with good manners.

use redis::RedisError;
use reqwest::Url;
use tokio::time::sleep;

use super::client::{Fetched, Overpass, OverpassError};
use super::manners::{Manners, Permit, Refusal};
use super::query::Query;

/// The servers, and the manners that all workers keep towards them.
#[derive(Debug, Clone)]
pub struct Servers {
    overpass: Overpass,
    manners: Manners,
}

/// Cause of an unanswered question.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// It was not asked.
    #[error(transparent)]
    NotNow(#[from] Refusal),
    /// Error of the last server.
    #[error(transparent)]
    Failed(#[from] OverpassError),
    /// Redis is away: nobody can count, so nobody asks.
    #[error("redis failed: {0}")]
    Redis(#[from] RedisError),
}

impl Servers {
    /// The servers of `overpass`, to be asked with `manners`.
    pub const fn new(overpass: Overpass, manners: Manners) -> Self {
        Self { overpass, manners }
    }

    /// Asks the first server that may be asked, and the next ones while the fault is one that another may not have.
    ///
    /// # Errors
    /// The last server's fault, or else when to come again.
    pub async fn ask(&self, query: &Query) -> Result<Fetched, Unanswered> {
        let mut last = None;
        for server in self.overpass.servers() {
            let another_failed = matches!(last, Some(Unanswered::Failed(_)));
            let permit = match self.permit(server, another_failed).await? {
                Ok(permit) => permit,
                Err(refusal) => {
                    let only_this_one = refusal.reason == Refusal::CIRCUIT_OPEN;
                    last = Some(sooner(last, refusal));
                    if only_this_one {
                        continue;
                    }
                    break;
                }
            };
            let fetched = self.overpass.fetch(server, query).await;
            self.give_back(permit, &fetched).await;
            match fetched {
                Err(error) if error.is_temporary() => {
                    tracing::warn!(server = server.host_str(), error.code = error.code(), %error, "overpass did not answer");
                    last = Some(error.into());
                }
                fetched => return Ok(fetched?),
            }
        }
        let none = || OverpassError::Unreachable("no server is configured".to_owned());
        Err(last.unwrap_or_else(|| none().into()))
    }

    /// A permit for `server`. Where it stands in for another that has just failed, its next turn is waited for.
    async fn permit(
        &self,
        server: &Url,
        another_failed: bool,
    ) -> Result<Result<Permit, Refusal>, RedisError> {
        match self.manners.take(server).await? {
            Err(refusal) if another_failed && refusal.reason == Refusal::BUSY => {
                // No longer than the pause between two requests.
                sleep(refusal.wait).await;
                self.manners.take(server).await
            }
            taken => Ok(taken),
        }
    }

    /// A permit that can't be given back ends by itself, so the answer is of use all the same.
    async fn give_back(&self, permit: Permit, fetched: &Result<Fetched, OverpassError>) {
        let outcome = fetched.as_ref().map(|fetched| fetched.bytes);
        if let Err(error) = self.manners.give_back(permit, outcome).await {
            tracing::warn!(%error, "the outcome of a request to overpass could not be noted");
        }
    }
}

/// Of two refusals the one with the shorter wait; a fault says more than a refusal.
fn sooner(last: Option<Unanswered>, refusal: Refusal) -> Unanswered {
    match last {
        Some(Unanswered::NotNow(before)) if before.wait > refusal.wait => refusal.into(),
        Some(last) => last,
        None => refusal.into(),
    }
}
