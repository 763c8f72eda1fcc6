//! Tokens that open the tiles of one route for a quarter of an hour.
//!
//! They are HS256 JSON Web Tokens. The function `verify_tile_token` of the database verifies them with the keys of the
//! table `tile_token_keys`, so the tile server itself never sees a key. A server puts the keys of its file there when it
//! starts and when the file changes; the first signs. They are rotated like the session keys, in two steps.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;
use uuid::Uuid;

use crate::config::TilesConfig;
use crate::config::key_file::{self, KeyFileError};
use crate::db::{Pool, tile_token_keys};

/// The longest lifetime that the database accepts.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// A key has at least this many bytes, as many as what it signs with.
const SHORTEST: usize = 32;

/// Gives tokens as soon as the database has the keys; clones share them.
#[derive(Clone)]
pub struct TileTokens {
    source: Option<PathBuf>,
    url_template: String,
    /// Key that the database has; none until then.
    published: Arc<ArcSwap<Vec<Vec<u8>>>>,
}

/// A token, the moment it ends, and the address of the tiles it opens, with `{z}`, `{x}` and `{y}` to be filled in.
#[derive(Debug, Clone)]
pub struct TileToken {
    pub token: String,
    pub expires_at: DateTime<Utc>,
    pub url_template: String,
}

impl TileTokens {
    /// Looks whether the configured keys are sound; without any, no tokens are given.
    ///
    /// # Errors
    /// [`KeyFileError`] names the file and what is wrong with it.
    pub fn load(config: &TilesConfig) -> Result<Self, KeyFileError> {
        if let Some(path) = &config.key_file {
            key_file::read(path, SHORTEST)?;
        } else {
            tracing::warn!("no TILE_TOKEN_KEY_FILE: route tiles can't be opened");
        }
        Ok(Self {
            source: config.key_file.clone(),
            url_template: config.url_template.clone(),
            published: Arc::default(),
        })
    }

    /// Reads the file and gives its keys to the database, if they are not the ones it was given last.
    ///
    /// # Errors
    /// The file is not sound any more, or the database is away; all stays as it was.
    pub async fn publish(&self, db: &Pool) -> anyhow::Result<()> {
        let Some(path) = self.source.clone() else {
            return Ok(());
        };
        let keys = tokio::task::spawn_blocking(move || key_file::read(&path, SHORTEST)).await?;
        let keys = keys.context("TILE_TOKEN_KEY_FILE")?;
        if keys != **self.published.load() {
            tile_token_keys::replace(&mut *db.get().await?, &keys).await?;
            self.published.store(Arc::new(keys));
            tracing::info!("tile token keys published");
        }
        Ok(())
    }

    /// A token for the tiles of a route, from `now` by the clock of the database, which verifies it and allows little
    /// skew; none while the database has no key of ours.
    ///
    /// # Errors
    /// The cryptographic library refuses the key.
    pub fn sign(&self, route_id: Uuid, now: DateTime<Utc>) -> anyhow::Result<Option<TileToken>> {
        let keys = self.published.load();
        let Some(key) = keys.first() else {
            return Ok(None);
        };
        let token = sign(key, route_id, now)?;
        Ok(Some(TileToken {
            url_template: self
                .url_template
                .replace("{route_id}", &route_id.to_string())
                .replace("{token}", &token),
            expires_at: now + LIFETIME,
            token,
        }))
    }
}

impl fmt::Debug for TileTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TileTokens").finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Claims {
    iss: &'static str,
    aud: &'static str,
    iat: i64,
    nbf: i64,
    exp: i64,
    route_id: Uuid,
}

/// Signs a token for the tiles of one route, from `now` for a quarter of an hour.
///
/// # Errors
/// The cryptographic library refuses the key.
pub fn sign(
    key: &[u8],
    route_id: Uuid,
    now: DateTime<Utc>,
) -> Result<String, jsonwebtoken::errors::Error> {
    let claims = Claims {
        iss: "wildside",
        aud: "wildside-tiles",
        iat: now.timestamp(),
        nbf: now.timestamp(),
        exp: (now + LIFETIME).timestamp(),
        route_id,
    };
    encode(&Header::default(), &claims, &EncodingKey::from_secret(key))
}
