//! Bare handlers: actix-web, the same pools, and nothing else.

use std::sync::mpsc;
use std::thread;

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use diesel::sql_types::Integer;
use diesel::{ExpressionMethods, IntoSql, QueryDsl};
use diesel_async::RunQueryDsl;
use redis::AsyncCommands;
use uuid::Uuid;
use wildside::db::schema::{route_requests, users};
use wildside::db::{self, Pool};
use wildside::shared_redis;
use wildside::shared_redis::Redis;

/// Rows that those inserted by `write` refer to.
#[derive(Clone, Copy)]
pub(crate) struct Stored {
    pub(crate) user_id: Uuid,
    pub(crate) route_id: Uuid,
}

/// Starts their server in a thread of its own and returns its address.
pub(crate) fn start(database_url: String, redis_url: String, stored: Stored) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let pool = Data::new(db::pool(&database_url, 16));
            let redis = Data::new(shared_redis::connect(&redis_url).unwrap());
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(pool.clone())
                    .app_data(redis.clone())
                    .app_data(Data::new(stored))
                    .route("/static", web::get().to(fixed))
                    .route("/query", web::get().to(query))
                    .route("/write", web::get().to(write))
            })
            .bind("127.0.0.1:0")
            .unwrap();
            sender.send(server.addrs()[0].to_string()).unwrap();
            server.run().await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

async fn fixed() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(r#"{"message":"hello"}"#)
}

async fn query(pool: Data<Pool>) -> HttpResponse {
    let mut connection = pool.get().await.unwrap();
    let number: i32 = diesel::select(1.into_sql::<Integer>())
        .get_result(&mut connection)
        .await
        .unwrap();
    HttpResponse::Ok().json(number)
}

/// As many round trips as an answer from the route cache needs, with rows that refer to the same tables.
async fn write(pool: Data<Pool>, redis: Data<Redis>, stored: Data<Stored>) -> HttpResponse {
    let mut redis = redis.get_ref().clone();
    let mut connection = pool.get().await.unwrap();
    let generation: i32 = users::table
        .find(stored.user_id)
        .select(users::session_generation)
        .first(&mut connection)
        .await
        .unwrap();
    drop(connection);
    let known: Option<String> = redis.get("bare").await.unwrap();
    let mut connection = pool.get().await.unwrap();
    diesel::insert_into(route_requests::table)
        .values((
            route_requests::id.eq(Uuid::now_v7()),
            route_requests::user_id.eq(stored.user_id),
            route_requests::params.eq(serde_json::Value::Null),
            route_requests::cache_key.eq("bare"),
            route_requests::status.eq("complete"),
            route_requests::route_id.eq(stored.route_id),
            route_requests::trace_id.eq(Uuid::new_v4()),
        ))
        .execute(&mut connection)
        .await
        .unwrap();
    drop(connection);
    let () = redis.publish("bare", "event").await.unwrap();
    HttpResponse::Accepted().json((generation, known))
}
