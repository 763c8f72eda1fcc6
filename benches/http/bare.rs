//! Bare handlers: actix-web, the same pools, and nothing else.

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use wildside::db::{self, Pool};
use wildside::shared_redis;

#[derive(diesel::QueryableByName)]
struct One {
    #[diesel(sql_type = Integer)]
    one: i32,
}

/// Their server, not running yet.
pub(crate) fn serve(database_url: &str, redis_url: &str) -> (String, impl Future + use<>) {
    let pool = Data::new(db::pool(database_url, 16));
    let redis = Data::new(shared_redis::connect(redis_url).unwrap());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(pool.clone())
            .app_data(redis.clone())
            .route("/static", web::get().to(fixed))
            .route("/query", web::get().to(query))
            .route("/write", web::get().to(write))
    })
    .bind("127.0.0.1:0")
    .unwrap();
    let address = server.addrs()[0].to_string();
    (address, server.run())
}

async fn fixed() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(r#"{"message":"hello"}"#)
}

async fn select(pool: &Pool) -> i32 {
    let mut connection = pool.get().await.unwrap();
    let row: One = diesel::sql_query("SELECT 1 AS one")
        .get_result(&mut connection)
        .await
        .unwrap();
    row.one
}

async fn query(pool: Data<Pool>) -> HttpResponse {
    HttpResponse::Ok().json(select(&pool).await)
}

/// As many round trips as an answer from the route cache needs.
async fn write(pool: Data<Pool>, redis: Data<ConnectionManager>) -> HttpResponse {
    let mut redis = redis.get_ref().clone();
    let sum = select(&pool).await + select(&pool).await + select(&pool).await;
    let known: Option<String> = redis.get("bare").await.unwrap();
    let mut connection = pool.get().await.unwrap();
    diesel::sql_query(
        "INSERT INTO route_requests (id, params, cache_key, trace_id) \
         VALUES (gen_random_uuid(), '{}', 'bare', gen_random_uuid())",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    drop(connection);
    let () = redis.publish("bare", "event").await.unwrap();
    HttpResponse::Accepted().json((sum, known))
}
