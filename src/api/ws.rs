//! The WebSocket: events to the browser, positions from it.

use std::sync::Arc;
use std::time::Instant;

use actix_session::Session;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get};
use wildside_actors::ws_session::Login;

use crate::api::cost::Dear;
use crate::api::error::ApiError;
use crate::api::extract::{
    ClientAddress, CurrentUser, LanguageHeader, LanguageQuery, Named, Spoken,
};
use crate::api::fault::FaultCode;
use crate::api::middleware::csrf;
use crate::api::push::Push;
use crate::api::session::LoginSession;
use crate::api::state::AppState;

/// Open the WebSocket.
///
/// Its frames are described by AsyncAPI at `/asyncapi.json`. A page of a foreign origin is refused.
#[utoipa::path(tag = "routes", security(("session" = [])), params(LanguageQuery, LanguageHeader), responses(
    (status = 101, description = "The connection is a WebSocket now"),
    (status = 400, description = "Not a WebSocket handshake", body = crate::api::error::ErrorBody),
    (status = 403, description = "The page is of a foreign origin", body = crate::api::error::ErrorBody),
))]
#[get("/ws")]
pub async fn websocket(
    state: Data<AppState>,
    address: ClientAddress,
    push: Data<Push>,
    user: CurrentUser,
    session: Session,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    if !csrf::is_own(req.headers(), &state.http) {
        return Err(ApiError::Forbidden("pages of other sites may not connect"));
    }
    Dear::WebSocket.charge(&state, address)?;
    let login = Login {
        user_id: user.id,
        generation: user.session_generation,
        ends_at: Instant::now() + LoginSession::left(&session),
        language: Spoken::of(&req).tag(),
        names: Named::of(&req).tag().map(Arc::from),
    };
    push.sessions.start(&req, payload, login).map_err(|_| {
        ApiError::invalid("", FaultCode::NotAHandshake, "is not a WebSocket handshake")
    })
}
