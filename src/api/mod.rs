//! The HTTP interface.
//!
//! An endpoint extracts, delegates and answers; every URL is listed in [`endpoints`].

#![allow(
    unreachable_pub,
    reason = "the macros of actix put each endpoint's function inside another"
)]

pub mod attempts;
pub mod conditional;
pub mod description;
pub mod error;
pub mod extract;
pub mod fallback;
pub mod health;
pub mod idempotency;
pub mod middleware;
pub mod prometheus;
pub mod quota;
pub mod routes;
pub mod themes;
pub mod users;
pub mod ws;

use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything under `/api/v1`.
pub const PREFIX: &str = "/api/v1";

/// Every URL of the service.
pub fn endpoints(config: &mut ServiceConfig<'_>) {
    config
        .service(health::healthz)
        .service(health::live)
        .service(health::ready)
        .service(prometheus::metrics)
        .service(ws::websocket)
        .service(
            scope(PREFIX)
                .service(users::sign_up::sign_up)
                .service(users::login::login)
                .service(users::login::logout)
                .service(users::me::me)
                .service(users::me::delete_me)
                .service(themes::interest_themes)
                .service(routes::create::create_route)
                .service(routes::status::request_status)
                .service(routes::show::show_route)
                .service(routes::tile_token::create_tile_token),
        );
}
