//! Every actor can be asked what it is doing.

use prometheus::TextEncoder;
use uuid::Uuid;
use wildside_actors::engine_pool::PoolConfig;
use wildside_actors::enrichment_supervisor::EnrichmentSupervisor;
use wildside_actors::route_supervisor::RouteSupervisor;
use wildside_test_support::TestRedis;

use crate::support::{Options, TestServer};

#[actix_web::test]
async fn every_actor_reports_and_is_measured() {
    let redis = TestRedis::start();
    let server = TestServer::start(Options {
        redis_url: Some(redis.url()),
        ..Options::default()
    });
    RouteSupervisor::start(PoolConfig::with_threads(1), &server.registry);
    EnrichmentSupervisor::start(PoolConfig::with_threads(1), &server.registry);
    server.await_subscriptions(1).await;
    let _client = server.connect(Uuid::new_v4()).await;
    server.await_sessions(1).await;

    let mut reports = server.registry.observe_all().await;
    reports.sort_by_key(|report| report.name);
    let states: Vec<_> = reports
        .iter()
        .map(|report| (report.name, report.state, report.silent))
        .collect();
    assert_eq!(
        states,
        [
            ("enrichment_supervisor", "running", false),
            ("redis_bridge", "subscribed", false),
            ("route_supervisor", "running", false),
            ("user_hub", "running", false),
            ("ws_session", "counted", false),
        ]
    );
    let text = TextEncoder::new()
        .encode_to_string(&server.metrics.gather())
        .unwrap();
    for line in [
        "websocket_connections_active 1",
        "actor_up{actor=\"redis_bridge\"} 1",
        "actor_mailbox_depth{actor=\"user_hub\"} 0",
        "actor_mailbox_capacity{actor=\"ws_session\"} 64",
        "actor_messages_total{actor=\"user_hub\",message=\"Register\",outcome=\"ok\"} 1",
        "actor_handle_seconds_count{actor=\"user_hub\",message=\"Resync\"} 1",
        "actor_wait_seconds_count{actor=\"user_hub\",message=\"Register\"} 1",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
}
