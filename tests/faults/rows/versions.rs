//! Two releases at once.

use std::time::{Duration, Instant};

use futures::FutureExt;

use crate::stage::matrix::{Outcome, Row};
use crate::stage::process::until;
use crate::stage::scene::{PATIENCE, Scene};

pub const ROWS: &[Row] = &[Row {
    number: 38,
    fault: "jobs of a newer release",
    done: "jobs get fields, in the entry and in its payload, that this release does not know; one gets an unknown type",
    quick: false,
    play: || newer_jobs().boxed_local(),
}];

/// The sweep looks after requests without a job every 2 s, once they are 3 s old.
const RECOVERY_LIMIT: Duration = Duration::from_secs(15);
const QUEUE: &str = "wildside:queue:{route_generation}";
/// Makes every waiting job one of a newer release, and gives the last one a type of its own.
const RENEW: &str = r#"
    local jobs = redis.call('XRANGE', KEYS[1], '-', '+')
    for number, job in ipairs(jobs) do
        local fields = job[2]
        for i = 1, #fields, 2 do
            if fields[i] == 'payload' then
                fields[i + 1] = fields[i + 1]:gsub('}$', ',"mood":{"walker":"happy"}}')
            elseif fields[i] == 'kind' and number == #jobs then
                fields[i + 1] = 'GenerateFlight'
            end
        end
        redis.call('XDEL', KEYS[1], job[1])
        redis.call('XADD', KEYS[1], '*', 'release', '2', unpack(fields))
    end
    return #jobs
"#;

async fn newer_jobs() -> Outcome {
    let scene = Scene::start(1, &[], 10.0).await;
    let redis = &scene.fleet.redis;
    scene.goes_on(20).await;
    let renewed = redis.command(&["EVAL", RENEW, "1", QUEUE]);
    let renewed: u32 = renewed.trim_start_matches(':').trim_end().parse().unwrap();
    assert!(renewed > 10, "{renewed} jobs waited");
    let worker = scene.fleet.worker_with_engine("20", &[]).await;
    let started = Instant::now();
    worker
        .logs(r#"unknown type of job: \"GenerateFlight\""#, PATIENCE)
        .await;
    let dead = r#"dead_jobs{queue="route_generation"}"#;
    until("the parked job is counted", PATIENCE, async || {
        worker.count(dead).await == 1
    })
    .await;
    let parked = redis.command(&["XRANGE", &format!("{QUEUE}:dead"), "-", "+"]);
    for part in ["GenerateFlight", r#""mood":{"walker":"happy"}"#] {
        assert!(parked.contains(part), "{part} is lost: {parked}");
    }
    scene.goes_on(10).await;
    let report = scene.settle().await.all_complete().none_refused();
    Outcome::recovered(
        report.recovery_within(RECOVERY_LIMIT, started),
        format!(
            "{} worked off, the unknown one parked as it was, its request queued anew; {report}",
            renewed - 1
        ),
    )
}
