//! Servers that are killed and told to end.

use std::time::{Duration, Instant};

use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;
use wildside_test_support::Fault;

use crate::stage::client::{Socket, User, some_walk};
use crate::stage::fleet::Fleet;
use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::{Process, until};
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[
    Row {
        number: 4,
        fault: "server killed between the ledger and the queue",
        done: "SIGKILL while the way to Redis is a black hole and the request is in the ledger",
        quick: false,
        play: || server_killed_before_the_queue().boxed_local(),
    },
    Row {
        number: 5,
        fault: "server told to end",
        done: "SIGTERM to one of two servers, with 2,000 WebSockets and requests in flight",
        quick: false,
        play: || server_told_to_end().boxed_local(),
    },
];

/// Time by which the sweep has done what a server has not queued.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

async fn server_killed_before_the_queue() -> Outcome {
    let (mut scene, proxy) = Scene::with_cable_to_redis().await;
    let (victim, other) = (scene.servers[0].url(), scene.servers[1].url());
    let ann = User::sign_up(&other, "ann").await;
    scene.goes_on(20).await;

    proxy.set(Fault::BlackHole);
    let (walk, key) = (some_walk(), Uuid::new_v4());
    let asking = {
        let (ann, victim, walk) = (ann.clone(), victim.clone(), walk.clone());
        tokio::spawn(async move { ann.ask(&victim, &walk, key).await })
    };
    let sql = format!("SELECT id FROM route_requests WHERE user_id = '{}'", ann.id);
    until("the request is in the ledger", PATIENCE, async || {
        !scene.fleet.sql(&sql).is_empty()
    })
    .await;
    scene.servers[0].signal("KILL");
    let killed = Instant::now();
    proxy.set(Fault::Reset);
    let request = scene.fleet.sql(&sql);
    let is_queued = ["HEXISTS", "wildside:queue:{route_generation}:ids", &request];
    let queued = scene.fleet.redis.command(&is_queued);
    assert_eq!(queued, ":0\r\n", "it was queued");
    let _ = asking.await.unwrap();

    let status = format!("SELECT status FROM route_requests WHERE id = '{request}'");
    until("the request is complete", PATIENCE, async || {
        scene.fleet.sql(&status) == "complete"
    })
    .await;
    let recovery = killed.elapsed();
    assert!(recovery < RECOVERY_LIMIT, "{recovery:?}");
    scene
        .worker()
        .logs("requests without a job were queued again", PATIENCE)
        .await;
    proxy.set(Fault::None);
    scene.servers[0].start_again(&[]);
    scene.server().is_ready().await;
    let again = ann.ask(&victim, &walk, key).await.unwrap();
    assert_eq!(again.body["request_id"], request);
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        recovery,
        format!("the sweep queued it, the same key got the same request; {report}"),
    )
}

async fn server_told_to_end() -> Outcome {
    const SOCKETS: usize = 2000;
    let fleet = Fleet::start();
    let servers = vec![
        fleet.server(&[("WILDSIDE_DRAIN_SECONDS", "2")]).await,
        fleet.server(&[]).await,
    ];
    let workers = vec![fleet.worker_with_engine("20", &[]).await];
    let mut scene = Scene::of(fleet, servers, workers, 20.0).await;
    let idle = connect_many(scene.server(), SOCKETS).await;
    scene.goes_on(40).await;
    let leaver = &mut scene.servers[0];
    leaver.signal("TERM");
    let told = Instant::now();
    leaver
        .answers("/health/ready", 503, Duration::from_secs(2))
        .await;
    let goodbyes = join_all(idle.into_iter().map(goodbye)).await;
    assert_eq!(
        goodbyes.iter().filter(|&&code| code == 1001).count(),
        SOCKETS
    );
    assert_eq!(leaver.ended(PATIENCE).await, Some(0));
    let ended = told.elapsed();
    for line in [
        "ending: new clients are sent elsewhere",
        "websocket sessions closed",
    ] {
        leaver.logs(line, PATIENCE).await;
    }
    scene.goes_on(40).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        ended,
        format!("not ready at once, {SOCKETS} WebSockets closed with 1001, exit code 0; {report}"),
    )
}

/// Opens WebSockets of a hundred users, a few at a time.
async fn connect_many(server: &Process, count: usize) -> Vec<Socket> {
    let mut users = Vec::new();
    for number in 0..count.div_ceil(20) {
        users.push(User::sign_up(&server.url(), &format!("crowd-{number}")).await);
    }
    let url = server.url();
    let connecting = (0..count).map(|number| users[number % users.len()].connect(&url));
    let sockets = futures::stream::iter(connecting).buffer_unordered(20);
    sockets
        .map(|socket| socket.expect("the server lets it connect"))
        .collect()
        .await
}

/// The code with which the server closes the connection.
async fn goodbye(mut socket: Socket) -> u16 {
    let closing = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                _ => return 1006,
            }
        }
    };
    timeout(PATIENCE, closing).await.unwrap_or(0)
}
