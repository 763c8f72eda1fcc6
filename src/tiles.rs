//! Tokens that open the tiles of one route for a quarter of an hour.
//!
//! They are HS256 JSON Web Tokens. The function `verify_tile_token` of the database verifies them with the keys of the
//! table `tile_token_keys`, so the tile server itself never sees a key.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;
use uuid::Uuid;

/// The longest lifetime that the database accepts.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// A token and the moment it ends.
#[derive(Debug, Clone)]
pub struct TileToken {
    pub token: String,
    pub expires_at: DateTime<Utc>,
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

/// Signs a token for the tiles of one route.
///
/// # Errors
/// When the cryptographic library refuses the key.
pub fn sign(
    secret: &[u8],
    route_id: Uuid,
    now: DateTime<Utc>,
) -> Result<TileToken, jsonwebtoken::errors::Error> {
    let expires_at = now + LIFETIME;
    let claims = Claims {
        iss: "wildside",
        aud: "wildside-tiles",
        iat: now.timestamp(),
        nbf: now.timestamp(),
        exp: expires_at.timestamp(),
        route_id,
    };
    let token = encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(secret),
    )?;
    Ok(TileToken { token, expires_at })
}
