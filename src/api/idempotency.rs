//! `Idempotency-Key`: the same write, sent twice, runs once.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use diesel_async::{AnsiTransactionManager, TransactionManager};
use serde_json::Value;
use uuid::Uuid;

use crate::api::error::{ApiError, Fault};
use crate::api::extract::parse_id;
use crate::api::fault::FaultCode;
use crate::db::ledger::idempotency::{IdempotencyKey, StoredAnswer};
use crate::db::{Connection, Pool};

/// The key that a client gave, if it did.
#[derive(Debug, Clone, Copy)]
pub struct ClientKey(pub Option<Uuid>);

impl FromRequest for ClientKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = req.headers().get("idempotency-key").map(|value| {
            parse_id(value.to_str().unwrap_or_default()).map_err(|_| {
                ApiError::invalid("Idempotency-Key", FaultCode::InvalidId, "must be a UUID")
            })
        });
        ready(key.transpose().map(Self))
    }
}

/// An answer to a write: its status and its JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub status: StatusCode,
    pub body: Value,
    /// Mark of an answer to an earlier request of the same key.
    pub replayed: bool,
}

impl Written {
    /// A first answer.
    ///
    /// # Errors
    /// The body can't be serialised.
    pub fn new(status: StatusCode, body: &impl serde::Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_value(body).map_err(|error| ApiError::Internal(error.into()))?;
        Ok(Self {
            status,
            body,
            replayed: false,
        })
    }

    /// The answer over HTTP.
    pub fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.replayed {
            response.insert_header(("Idempotency-Replayed", "true"));
        }
        if let Some(location) = self.body.get("status_url").and_then(Value::as_str) {
            response.insert_header(("Location", location));
        }
        response.json(self.body)
    }
}

/// Transaction of a write that runs once for each key: a second request of the key waits for the end of the first, and
/// gets its answer. A failure leaves no trace, so that the request may be tried again.
///
/// # Errors
/// `conflict` if the key came with another body before; else those of `write`.
pub async fn once(
    pool: &Pool,
    key: Option<&IdempotencyKey>,
    write: impl AsyncFnOnce(&mut Connection) -> Result<Written, ApiError>,
) -> Result<Written, ApiError> {
    type Transaction = AnsiTransactionManager;
    let mut connection = pool.get().await?;
    Transaction::begin_transaction(&mut **connection).await?;
    let written = match earlier(&mut connection, key).await {
        Ok(Some(written)) => Ok(written),
        Ok(None) => match write(&mut connection).await {
            Ok(written) => keep(&mut connection, key, written).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    if written.is_ok() {
        Transaction::commit_transaction(&mut **connection).await?;
    } else if let Err(error) = Transaction::rollback_transaction(&mut **connection).await {
        tracing::debug!(%error, "a connection is given up with its transaction");
    }
    written
}

/// The answer to an earlier request of the same key.
async fn earlier(
    connection: &mut Connection,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Written>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    let stored = key.take(connection).await?;
    stored.map(|stored| replay(key, stored)).transpose()
}

/// The answer to an earlier request of the same key, for who wants to write nothing and does not take the key.
///
/// # Errors
/// `conflict` if the key came with another body before.
pub async fn answered(
    connection: &mut Connection,
    key: &IdempotencyKey,
) -> Result<Option<Written>, ApiError> {
    let stored = key.find(connection).await?;
    stored.map(|stored| replay(key, stored)).transpose()
}

fn replay(key: &IdempotencyKey, stored: StoredAnswer) -> Result<Written, ApiError> {
    if stored.request_digest != key.request_digest {
        let fault = Fault::new(
            "Idempotency-Key",
            FaultCode::KeyReused,
            "came with another body before",
        );
        return Err(ApiError::Conflict(
            "the idempotency key belongs to another request",
            vec![fault],
        ));
    }
    let status = StatusCode::from_u16(stored.status.unsigned_abs()).unwrap_or(StatusCode::OK);
    Ok(Written {
        status,
        body: stored.response.unwrap_or_default(),
        replayed: true,
    })
}

/// Keeps the answer under the key.
async fn keep(
    connection: &mut Connection,
    key: Option<&IdempotencyKey>,
    written: Written,
) -> Result<Written, ApiError> {
    if let Some(key) = key {
        key.keep(connection, written.status.as_u16(), &written.body)
            .await?;
    }
    Ok(written)
}

impl ClientKey {
    /// The key with what it belongs to.
    pub fn of(
        self,
        user_id: Uuid,
        endpoint: &'static str,
        digest: [u8; 32],
    ) -> Option<IdempotencyKey> {
        Some(IdempotencyKey {
            user_id,
            endpoint,
            key: self.0?,
            request_digest: digest.to_vec(),
        })
    }
}
