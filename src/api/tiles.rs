//! Vector tiles from the server itself, for one machine without a tile server.
//!
//! Addresses, tokens, statuses and caching are those of the nginx before Martin; see `martin/README.md`.

use std::ops::RangeInclusive;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use diesel::QueryResult;
use uuid::Uuid;

use wildside_dial::Secret;

use crate::api::error::ApiError;
use crate::api::state::AppState;
use crate::api::strangers::{Allowance, Strangers};
use crate::config::TileServing;
use crate::db::tiles::{self, Tile};
use crate::db::{Connection, Limits};

/// Tiles at once, and the wait of one for its turn: a map asks for some thirty together.
const ALLOWANCE: Allowance = Allowance {
    connections: 2,
    patience: Duration::from_secs(5),
    limits: Limits {
        statement: Duration::from_secs(5),
        lock: Duration::from_millis(500),
    },
};
const BASE_ZOOMS: RangeInclusive<i32> = 6..=16;
const PLACE_ZOOMS: RangeInclusive<i32> = 10..=16;
const WALK_ZOOMS: RangeInclusive<i32> = 0..=22;
const LONGEST_TOKEN: usize = 1024;

/// Where this server makes tiles itself: connections of their own, so that no map takes one from a walk.
pub fn reader(serving: TileServing, url: &Secret) -> Option<Strangers> {
    (serving == TileServing::Embedded).then(|| Strangers::with(url, ALLOWANCE))
}

/// A tile of streets, paths, water and names.
#[get("/tiles/base/{z}/{x}/{y}")]
pub async fn base_tile(
    state: Data<AppState>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, ApiError> {
    let tile = tile_at(&path, &BASE_ZOOMS)?;
    let mvt = ask(&state, async |connection| {
        tiles::base(connection, tile).await
    })
    .await?;
    Ok(answer(mvt, "public, max-age=600"))
}

/// A tile of places.
#[get("/tiles/pois/{z}/{x}/{y}")]
pub async fn place_tile(
    state: Data<AppState>,
    path: Path<(String, String, String)>,
) -> Result<HttpResponse, ApiError> {
    let tile = tile_at(&path, &PLACE_ZOOMS)?;
    let mvt = ask(&state, async |connection| {
        tiles::places(connection, tile).await
    })
    .await?;
    Ok(answer(mvt, "public, max-age=600"))
}

/// A tile of a walk and its stops, for whoever has a token of it.
#[get("/tiles/routes/{route_id}/{z}/{x}/{y}")]
pub async fn walk_tile(
    state: Data<AppState>,
    path: Path<(String, String, String, String)>,
    req: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (route_id, z, x, y) = path.into_inner();
    let route_id = Uuid::try_parse(&route_id)
        .ok()
        .filter(|id| id.to_string() == route_id);
    let route_id = route_id.ok_or(ApiError::NotFound("tile"))?;
    let tile = tile_at(&(z, x, y), &WALK_ZOOMS)?;
    let token = token(req.query_string()).ok_or(ApiError::Unauthorized)?;
    if !is_plausible(token) {
        return Err(REFUSED);
    }
    let walk =
        async |connection: &mut Connection| tiles::walk(connection, tile, route_id, token).await;
    let mvt = ask(&state, walk).await?.ok_or(REFUSED)?;
    Ok(answer(mvt, "private, no-store"))
}

const REFUSED: ApiError = ApiError::Forbidden("the token does not open these tiles, or no longer");

/// The first token of a query. Its name has one spelling.
fn token(query: &str) -> Option<&str> {
    let mut values = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("token="));
    values.next().filter(|token| !token.is_empty())
}

fn is_plausible(token: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    token.len() <= LONGEST_TOKEN && token.bytes().all(allowed)
}

async fn ask<T>(
    state: &AppState,
    question: impl AsyncFnOnce(&mut Connection) -> QueryResult<T>,
) -> Result<T, ApiError> {
    let reader = state.tiles.as_ref().ok_or(ApiError::NotFound("resource"))?;
    reader.ask(question).await
}

/// The tile with this address. Each has one: no leading zeros, no number that is too large for its zoom.
fn tile_at(
    (z, x, y): &(String, String, String),
    zooms: &RangeInclusive<i32>,
) -> Result<Tile, ApiError> {
    let y = y.strip_suffix(".pbf").unwrap_or(y);
    let found = || {
        let zoom = number(z).filter(|zoom| zooms.contains(zoom))?;
        let below = |text| number(text).filter(|number| *number < 1 << zoom);
        Some(Tile {
            z: zoom,
            x: below(x)?,
            y: below(y)?,
        })
    };
    found().ok_or(ApiError::NotFound("tile"))
}

fn number(text: &str) -> Option<i32> {
    let number: i32 = text.parse().ok()?;
    (number.to_string() == text && number >= 0).then_some(number)
}

fn answer(mvt: Vec<u8>, cache_control: &'static str) -> HttpResponse {
    if mvt.is_empty() {
        return HttpResponse::NoContent()
            .insert_header((CACHE_CONTROL, cache_control))
            .finish();
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/x-protobuf"))
        .insert_header((CACHE_CONTROL, cache_control))
        .body(mvt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_tile(z: &str, x: &str, y: &str) -> bool {
        tile_at(&(z.to_owned(), x.to_owned(), y.to_owned()), &BASE_ZOOMS).is_ok()
    }

    #[test]
    fn a_tile_has_one_address() {
        assert!(is_tile("14", "9327", "4742.pbf") && is_tile("14", "0", "16383"));
        for (z, x, y) in [
            ("014", "9327", "4742"),
            ("14", "09327", "4742"),
            ("14", "9327", "+4742"),
            ("14", "16384", "0"),
            ("14", "-1", "0"),
            ("5", "0", "0"),
            ("17", "0", "0"),
            ("14", "", "0"),
        ] {
            assert!(!is_tile(z, x, y), "{z}/{x}/{y}");
        }
    }

    #[test]
    fn the_first_token_counts() {
        assert_eq!(token("a=1&token=x.y&token=z"), Some("x.y"));
        assert_eq!(token("%74oken=x"), None);
        assert_eq!(token("token=&token=x"), None);
        assert!(
            is_plausible("aB0_.-") && !is_plausible("a%26") && !is_plausible(&"a".repeat(2000))
        );
    }
}
