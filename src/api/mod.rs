//! The HTTP interface.
//!
//! An endpoint extracts, delegates and answers; every URL is listed in [`endpoints`].

#![allow(
    unreachable_pub,
    unused_qualifications,
    reason = "the macros of actix and utoipa put each endpoint's function inside another and name types by their path"
)]

pub mod admin;
pub mod box_memory;
pub mod conditional;
pub mod cost;
pub mod description;
pub mod docs;
pub mod error;
pub mod extract;
pub mod fallback;
pub mod fault;
pub mod health;
pub mod idempotency;
pub mod middleware;
pub mod page;
pub mod places;
pub mod prometheus;
pub mod push;
pub mod routes;
pub mod session;
pub mod state;
pub mod strangers;
pub mod themes;
pub mod tiles;
pub mod users;
pub mod web_app;
pub mod ws;

use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Everything under `/api/v1`.
pub const PREFIX: &str = "/api/v1";

/// Every URL of the service. Of two that match, the first is taken.
pub fn endpoints(config: &mut ServiceConfig<'_>) {
    config.configure(root).configure(admin_root).service(
        scope(PREFIX)
            .configure(resources)
            .configure(admin_resources),
    );
}

/// Those alone that the public needs.
pub fn public_endpoints(config: &mut ServiceConfig<'_>) {
    config
        .configure(root)
        .service(scope(PREFIX).configure(resources));
}

/// Files and tiles of the web application, which are no part of the API's description.
pub fn web(config: &mut actix_web::web::ServiceConfig) {
    config
        .service(web_app::show_page)
        .service(web_app::show_beside)
        .service(web_app::show_asset)
        .service(tiles::base_tile)
        .service(tiles::place_tile)
        .service(tiles::walk_tile);
}

fn root(config: &mut ServiceConfig<'_>) {
    config
        .service(health::healthz)
        .service(health::live)
        .service(health::ready)
        .service(docs::openapi_json)
        .service(docs::asyncapi_json)
        .service(docs::docs)
        .service(ws::websocket);
}

fn admin_root(config: &mut ServiceConfig<'_>) {
    config
        .service(prometheus::metrics)
        .service(admin::page)
        .service(admin::page_script)
        .service(admin::page_style);
}

fn resources(config: &mut ServiceConfig<'_>) {
    config
        .service(users::sign_up::sign_up)
        .service(users::login::login)
        .service(users::login::logout)
        .service(users::me::me)
        .service(users::me::delete_me)
        .service(users::change::change_me)
        .service(users::interests::put_interests)
        .service(routes::list::my_routes)
        .service(users::admin::list_users)
        .service(users::admin::show_user)
        .service(users::admin::change_user)
        .service(users::admin::delete_user)
        .service(themes::interest_themes)
        .service(places::pois)
        .service(places::poi)
        .service(routes::create::create_route)
        .service(routes::status::request_status)
        .service(routes::export::route_gpx)
        .service(routes::export::route_geojson)
        // Else another method would go to the walk itself, under an id with the file's ending.
        .route("/routes/{route_id}.gpx", actix_web::web::route().to(fallback::fallback))
        .route("/routes/{route_id}.geojson", actix_web::web::route().to(fallback::fallback))
        .service(routes::show::show_route)
        .service(routes::saved::save_route)
        .service(routes::saved::forget_route)
        .service(routes::progress::show_progress)
        .service(routes::progress::put_progress)
        .service(routes::notes::notes)
        .service(routes::notes::add_note)
        .service(routes::notes::delete_note)
        .service(routes::tile_token::create_tile_token)
        .service(routes::name::name_route)
        .service(routes::remove::delete_route)
        .service(routes::shared::share_route)
        .service(routes::shared::withdraw_share)
        .service(routes::shared::shared_route);
}

fn admin_resources(config: &mut ServiceConfig<'_>) {
    config
        .service(admin::actors)
        .service(admin::processes)
        .service(admin::requests::list_requests)
        .service(admin::requests::find_requests)
        .service(admin::jobs)
        .service(admin::queues)
        .service(admin::pause_queue)
        .service(admin::resume_queue)
        .service(admin::retry_job)
        .service(admin::purge_job)
        .service(admin::enrichment)
        .service(admin::maintenance);
}
