//! Statements of many callers made one.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{Array, Integer, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use futures::future::join_all;
use uuid::Uuid;
use wildside::db::ledger::route_requests::{Claim, Completion, RouteRequest};
use wildside::db::routes::NewRoute;
use wildside::db::{self, Batched, Batcher, Connection, SharedError};
use wildside_actors::Status;
use wildside_engine::walk::{Fit, Light};
use wildside_engine::{Point, Walk};

use crate::jobs::stage::{SENATE_SQUARE, Stage, an_hour_from};

/// What is a hundred divided by the number, and how many were asked at the same time? Zero has no answer; a negative
/// number takes so many seconds.
#[derive(Debug)]
struct Quotient(i32);

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    quotient: i32,
}

impl Batched for Quotient {
    type Output = (i32, usize);

    async fn run_all(
        connection: &mut Connection,
        asked: &[Self],
    ) -> QueryResult<Vec<Self::Output>> {
        let numbers: Vec<i32> = asked.iter().map(|asked| asked.0).collect();
        let query = diesel::sql_query(
            "SELECT 100 / number AS quotient FROM unnest($1) AS number, pg_sleep(greatest(-number, 0))",
        );
        let rows: Vec<Row> = query
            .bind::<Array<Integer>, _>(numbers)
            .load(connection)
            .await?;
        Ok(rows.iter().map(|row| (row.quotient, rows.len())).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_come_during_a_statement_go_with_the_next() {
    let stage = Stage::set();
    let batcher = Batcher::start(stage.db.clone());
    let alone = batcher.submit(Quotient(5)).await.unwrap();
    assert_eq!(alone, (20, 1), "nobody waits for company");
    let slow = batcher.submit(Quotient(-1));
    let others = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        join_all((1..=9).map(|number| batcher.submit(Quotient(number)))).await
    };
    let (_, others) = tokio::join!(slow, others);
    for (number, answer) in (1..).zip(others) {
        assert_eq!(answer.unwrap(), (100 / number, 9));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_refused_spoils_no_other() {
    let stage = Stage::set();
    stage.database.expect_error("22012"); // division by zero
    let batcher = Batcher::start(stage.db.clone());
    let slow = batcher.submit(Quotient(-1));
    let others = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        join_all([4, 0, 10].map(|number| batcher.submit(Quotient(number)))).await
    };
    let (_, others) = tokio::join!(slow, others);
    assert_eq!(others[0].as_ref().unwrap(), &(25, 1));
    assert!(
        matches!(others[1], Err(SharedError::Query(_))),
        "{others:?}"
    );
    assert_eq!(others[2].as_ref().unwrap(), &(10, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_long_for_a_turn() {
    let stage = Stage::set();
    let batcher = Batcher::start(stage.db.clone());
    let slow = batcher.submit(Quotient(-4));
    let other = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let asked = Instant::now();
        (batcher.submit(Quotient(1)).await, asked.elapsed())
    };
    let (slow, (other, waited)) = tokio::join!(slow, other);
    assert_eq!(
        slow.unwrap(),
        (-25, 1),
        "a statement under way has its time"
    );
    assert!(matches!(other, Err(SharedError::Pool(_))), "{other:?}");
    assert!(waited < Duration::from_millis(2_500), "{waited:?}");
    assert_eq!(batcher.submit(Quotient(2)).await.unwrap(), (50, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_to_all() {
    let pool = db::pool("postgres://nobody@127.0.0.1:1/nothing", 1);
    let batcher = Batcher::start(pool);
    let answers = join_all((1..4).map(|number| batcher.submit(Quotient(number)))).await;
    for answer in answers {
        assert!(matches!(answer, Err(SharedError::Pool(_))), "{answer:?}");
    }
}

fn completion(of: &RouteRequest) -> Completion {
    let walk = Walk {
        path: vec![
            SENATE_SQUARE,
            Point::new(SENATE_SQUARE.lon, SENATE_SQUARE.lat + 0.001),
        ],
        stops: Vec::new(),
        legs: Vec::new(),
        distance_metres: 100.0,
        duration_seconds: 80,
        score: 1.0,
        stairs_metres: 0.0,
        light: Light::default(),
        repeated_metres: 0.0,
        start: wildside_engine::walk::Gap::default(),
        end: wildside_engine::walk::Gap::default(),
        fit: Fit::default(),
        same_for: None,
    };
    Completion {
        request_id: of.id,
        attempt: of.attempt,
        route: NewRoute::new(walk, None).unwrap(),
    }
}

#[tokio::test]
async fn walks_that_are_stored_together_end_each_their_own_requests() {
    let stage = Stage::set();
    let elsewhere = Point::new(SENATE_SQUARE.lon + 0.01, SENATE_SQUARE.lat);
    let (here, there) = (an_hour_from(SENATE_SQUARE), an_hour_from(elsewhere));
    let first = stage.accept(&here).await;
    let like_first = stage.accept(&here).await;
    let second = stage.accept(&there).await;
    let third = stage.accept(&an_hour_from(Point::new(0.0, 0.0))).await;
    let mut connection = stage.db.get().await.unwrap();
    let claims = [first.id, second.id, third.id, Uuid::new_v4()].map(Claim);
    let mut claimed = Claim::run_all(&mut connection, &claims).await.unwrap();
    assert_eq!(claimed.pop().unwrap(), None, "there is no such request");
    let claimed: Vec<RouteRequest> = claimed.into_iter().map(Option::unwrap).collect();
    let heir = RouteRequest::claim(&mut connection, third.id)
        .await
        .unwrap();
    assert_eq!(heir.unwrap().attempt, 2);

    let completions: Vec<Completion> = claimed.iter().map(completion).collect();
    let ended = Completion::run_all(&mut connection, &completions)
        .await
        .unwrap();
    let mut ids = ended
        .iter()
        .map(|ended| ended.iter().map(|request| request.id).collect::<Vec<_>>());
    let mut both = ids.next().unwrap();
    both.sort_unstable();
    assert_eq!(both, [first.id, like_first.id]);
    assert_eq!(ids.next().unwrap(), [second.id]);
    assert!(
        ids.next().unwrap().is_empty(),
        "the claim was another's by then"
    );
    for (request, walk) in [(first.id, 0), (like_first.id, 0), (second.id, 1)] {
        let found = stage.find(request).await;
        assert_eq!(found.status, Status::Complete);
        assert_eq!(found.route_id, Some(completions[walk].route.id));
    }
    let stored = stage.database.sql("SELECT count(*) FROM routes");
    assert_eq!(stored.trim(), "2", "of the late walk nothing is kept");
}

#[tokio::test]
async fn a_claim_leaves_out_what_is_locked() {
    let stage = Stage::set();
    let free = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let locked = stage.accept(&an_hour_from(SENATE_SQUARE)).await;
    let mut holder = stage.db.get().await.unwrap();
    holder.begin_test_transaction().await.unwrap();
    let lock = "UPDATE route_requests SET updated_at = now() WHERE id = $1";
    let lock = diesel::sql_query(lock).bind::<SqlUuid, _>(locked.id);
    assert_eq!(lock.execute(&mut holder).await, Ok(1));
    let mut connection = stage.db.get().await.unwrap();
    let claims = [locked.id, free.id].map(Claim);
    let claimed = Claim::run_all(&mut connection, &claims).await.unwrap();
    let ids = claimed
        .iter()
        .map(|claimed| claimed.as_ref().map(|request| request.id));
    assert_eq!(ids.collect::<Vec<_>>(), [None, Some(free.id)]);
}
