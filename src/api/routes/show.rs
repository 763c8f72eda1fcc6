//! Getting a walk.

use actix_web::http::header::{CONTENT_LANGUAGE, HeaderValue, VARY};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use uuid::Uuid;

use super::directions::tell;
use super::view::RouteView;
use crate::api::conditional::{OWN, Tagged};
use crate::api::error::ApiError;
use crate::api::extract::{CurrentUser, LanguageHeader, LanguageQuery, Named, PathId, Spoken};
use crate::api::state::AppState;
use crate::db::Connection;
use crate::db::city::names::NameLanguage;
use crate::db::routes::saved_routes;
use crate::db::routes::{Route, RouteStop};
use crate::guidance::Language;

/// A walk with everything about it, its instructions in the language asked for.
#[utoipa::path(tag = "routes", security(("session" = [])), params(("route_id" = Uuid, Path), LanguageQuery, LanguageHeader), responses(
    (status = 200, description = "The walk", body = RouteView,
        headers(("Content-Language" = String, description = "Language of the instructions"))),
    (status = 304, description = "Not changed since the `If-None-Match` of the request"),
))]
#[get("/routes/{route_id}")]
pub async fn show_route(
    state: Data<AppState>,
    user: CurrentUser,
    req: HttpRequest,
    PathId(id): PathId<Uuid>,
    Spoken(language): Spoken,
    Named(names): Named,
) -> Result<HttpResponse, ApiError> {
    let mut connection = state.db.get().await?;
    let (mut route, stops) = load(&mut connection, id, user.id, &names).await?;
    let saved = saved_routes::is_saved(&mut connection, user.id, id).await?;
    tell(&mut route.details, language);
    let mut answer = Tagged::json(&RouteView::new(route, stops, saved))?.answer(&req, OWN);
    name_language(&mut answer, language);
    Ok(answer)
}

/// Says which language an answer is in, and that it depends on the one asked for.
pub fn name_language(answer: &mut HttpResponse, language: Language) {
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.append(VARY, HeaderValue::from_static("accept-language"));
}

/// A walk that the user may see, and its stops with their names in a language.
///
/// # Errors
/// `not_found`, also for a walk that none of the user's requests ended in.
pub async fn load(
    connection: &mut Connection,
    id: Uuid,
    user_id: Uuid,
    names: &NameLanguage,
) -> Result<(Route, Vec<RouteStop>), ApiError> {
    let route = Route::find_for_user(connection, id, user_id)
        .await?
        .ok_or(ApiError::NotFound("route"))?;
    let stops = RouteStop::of_route(connection, id, names).await?;
    Ok((route, stops))
}
