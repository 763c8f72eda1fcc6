//! `wildside jobs`, as a maintainer types it.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use serde_json::Value;

use crate::jobs::stage::{RunningWorker, SENATE_SQUARE, Stage, an_hour_from, engine};

fn wildside_jobs(stage: &Stage, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wildside"))
        .arg("jobs")
        .args(arguments)
        .env("DATABASE_URL", stage.database.url())
        .env("REDIS_URL", stage.redis.url())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn list(stage: &Stage) -> Vec<Value> {
    let (ok, text) = wildside_jobs(stage, &["list", "--json"]);
    assert!(ok, "{text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[actix_web::test]
async fn dead_jobs_are_listed_shown_queued_again_and_forgotten() {
    let stage = Stage::set();
    assert_eq!(wildside_jobs(&stage, &["list"]), (true, "no jobs\n".into()));
    let broken = engine(&Arc::new(AtomicUsize::new(0)), |_| {
        panic!("the engine is broken")
    });
    let config = stage.config(&[("WILDSIDE_JOB_ATTEMPTS", "1")]);
    let worker = RunningWorker::start_with_engine(&stage, &config, broken);
    let request = stage.submit(&an_hour_from(SENATE_SQUARE)).await;
    let id = request.id.to_string();
    stage.ended(request.id, Duration::from_secs(10)).await;
    worker.stop().await;

    let jobs = list(&stage);
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert_eq!(
        (&jobs[0]["state"], &jobs[0]["id"]),
        (&"dead".into(), &id.as_str().into())
    );
    assert_eq!(jobs[0]["trace_id"], request.trace_id.to_string());
    assert!(
        jobs[0]["error"]
            .as_str()
            .unwrap()
            .contains("engine_panicked")
    );
    let (ok, text) = wildside_jobs(&stage, &["show", &id]);
    assert!(
        ok && text.contains(&format!("\"request_id\": \"{id}\"")),
        "{text}"
    );

    assert_eq!(
        wildside_jobs(&stage, &["retry", &id]),
        (true, "1 queued again\n".into())
    );
    assert_eq!(list(&stage)[0]["state"], "waiting");
    let (ok, text) = wildside_jobs(&stage, &["purge", &id]);
    assert!(!ok && text.contains("there is no dead job"), "{text}");

    stage.redis.command(&[
        "XADD",
        "wildside:queue:{enrichment}:dead",
        "*",
        "id",
        "old",
        "kind",
        "Enrichment",
    ]);
    assert_eq!(
        wildside_jobs(&stage, &["purge", "--all", "--queue", "enrichment"]),
        (true, "1 forgotten\n".into())
    );
    assert_eq!(list(&stage).len(), 1);
}
