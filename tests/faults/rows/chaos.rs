//! Everything that dies, dies again and again, in no order.

use std::time::{Duration, Instant};

use futures::FutureExt;
use rand::seq::{IndexedRandom, SliceRandom};
use tokio::time::sleep;

use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::Process;
use crate::stage::scene::Scene;

pub const ROWS: &[Row] = &[Row {
    number: 40,
    fault: "one fault after the other, at random",
    done: "workers killed and frozen, servers killed, Redis and PostgreSQL restarted (for CHAOS_SECONDS at CHAOS_RATE)",
    quick: false,
    play: || chaos().boxed_local(),
}];

const RECOVERY_LIMIT: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_mins(1);
/// Longer than a worker may be silent before others take its jobs.
const FROZEN: Duration = Duration::from_secs(7);

/// Fault of one of the processes of that kind.
#[derive(Clone, Copy)]
enum Mishap {
    WorkerKilled,
    WorkerFrozen,
    ServerKilled,
    RedisRestarted,
    PostgresRestarted,
}

const MISHAPS: [Mishap; 5] = [
    Mishap::WorkerKilled,
    Mishap::WorkerFrozen,
    Mishap::ServerKilled,
    Mishap::RedisRestarted,
    Mishap::PostgresRestarted,
];

async fn chaos() -> Outcome {
    let (time, rate) = (setting("CHAOS_SECONDS", 180.0), setting("CHAOS_RATE", 10.0));
    let mut scene = Scene::start(2, &["20", "20"], rate).await;
    let begun = Instant::now();
    let mut rounds = 0;
    while begun.elapsed() < Duration::from_secs_f64(time) {
        suffer_all(&mut scene).await;
        rounds += 1;
    }
    let ended = Instant::now();
    scene.goes_on(20).await;
    let report = scene.load.settle(&scene.fleet, PATIENCE).await;
    let report = report.all_complete();
    Outcome::recovered(
        report.recovery_within(RECOVERY_LIMIT, ended),
        format!(
            "{time} s at {rate}/s, {rounds} rounds of {} mishaps; {report}",
            MISHAPS.len()
        ),
    )
}

/// A number from the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "a setting of the test, not of the service"
)]
fn setting(name: &str, default: f64) -> f64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Everything happens once, in any order.
async fn suffer_all(scene: &mut Scene) {
    let mut mishaps = MISHAPS;
    mishaps.shuffle(&mut rand::rng());
    for mishap in mishaps {
        scene.goes_on(1).await;
        suffer(scene, mishap).await;
        sleep(Duration::from_millis(rand::random_range(0..3000))).await;
    }
}

/// Something happens to one of them, and it is mended as an orchestrator would.
async fn suffer(scene: &mut Scene, mishap: Mishap) {
    match mishap {
        Mishap::WorkerKilled => die_and_rise(&mut scene.workers).await,
        Mishap::ServerKilled => die_and_rise(&mut scene.servers).await,
        Mishap::WorkerFrozen => {
            let worker = scene.workers.choose(&mut rand::rng()).unwrap();
            worker.signal("STOP");
            sleep(FROZEN).await;
            worker.signal("CONT");
        }
        Mishap::RedisRestarted => scene.fleet.redis.restart(),
        Mishap::PostgresRestarted => scene.fleet.postgres.restart(),
    }
}

async fn die_and_rise(processes: &mut [Process]) {
    let number = rand::random_range(0..processes.len());
    processes[number].start_again(&[]);
    processes[number].is_ready().await;
}
