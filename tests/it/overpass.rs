//! The Overpass client against every way in which a server answers, and the manners that all workers share.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use reqwest::Url;
use wildside::overpass::{
    Element, Fetched, Manners, MannersSettings, Overpass, OverpassError, OverpassSettings, Query,
    Servers, Unanswered,
};
use wildside_engine::Point;
use wildside_engine::places::{Rule, Search, catalogue};
use wildside_test_support::{FakeOverpass, OverpassFault, TestRedis};

fn client(servers: &[&FakeOverpass]) -> Overpass {
    let urls = servers
        .iter()
        .map(|server| server.url().parse().unwrap())
        .collect();
    let settings = OverpassSettings {
        timeout: Duration::from_secs(2),
        ..OverpassSettings::new(urls, "maintainer@example.org")
    };
    Overpass::new(settings).unwrap()
}

fn monaco() -> (FakeOverpass, Query) {
    let extract = Path::new(env!("CARGO_MANIFEST_DIR")).join("ingest/data/monaco.osm.pbf");
    let rule = Rule::parse("tourism=museum|artwork").unwrap();
    let search = Search {
        rules: vec![&rule],
        refined: Vec::new(),
    };
    let query = Query::places(&search, Point::new(7.40, 43.71), Point::new(7.45, 43.76));
    (FakeOverpass::of_extract(&extract), query)
}

async fn ask(server: &FakeOverpass, query: &Query) -> Result<Fetched, OverpassError> {
    let url: Url = server.url().parse().unwrap();
    let patient = OverpassSettings::new(vec![url.clone()], "maintainer@example.org");
    Overpass::new(patient).unwrap().fetch(&url, query).await
}

async fn failure(fault: OverpassFault) -> OverpassError {
    let (server, query) = monaco();
    server.set(fault);
    let client = client(&[&server]);
    client
        .fetch(&client.servers()[0], &query)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_query_finds_nodes_ways_and_relations_with_their_tags() {
    let (server, query) = monaco();
    let fetched = ask(&server, &query).await.unwrap();
    let types: HashSet<_> = fetched
        .answer
        .elements
        .iter()
        .map(|element| element.osm_type.as_str())
        .collect();
    assert!(types.contains("node") && types.contains("way"), "{types:?}");
    for element in &fetched.answer.elements {
        assert!(
            matches!(element.tags["tourism"].as_str(), "museum" | "artwork"),
            "{element:?}"
        );
    }
    let request = &server.requests()[0];
    assert!(
        request.user_agent.starts_with("Wildside/")
            && request.user_agent.contains("maintainer@example.org")
    );
}

#[tokio::test]
async fn the_search_for_a_theme_finds_its_places_and_little_else() {
    let (server, _) = monaco();
    let extract = Path::new(env!("CARGO_MANIFEST_DIR")).join("ingest/data/monaco.osm.pbf");
    let places = wildside_ingest::extract::read(&extract, None)
        .unwrap()
        .places;
    for theme in catalogue().themes() {
        let search = catalogue().search(theme.id);
        let query = Query::places(&search, Point::new(7.40, 43.71), Point::new(7.45, 43.76));
        let found = ask(&server, &query)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", theme.key))
            .answer
            .elements;
        let known = places.iter().filter(|place| {
            place
                .classification
                .themes
                .iter()
                .any(|(id, _)| *id == theme.id)
        });
        let known: Vec<_> = known.collect();
        println!(
            "{}: {} elements for {} places",
            theme.key,
            found.len(),
            known.len()
        );
        for place in &known {
            let is_it = |e: &Element| e.id == place.id / 10;
            assert!(found.iter().any(is_it), "{}: {place:?}", theme.key);
        }
    }
}

#[tokio::test]
async fn each_failure_is_told_apart() {
    let later = Some(Duration::from_secs(7));
    let limited = OverpassFault::RateLimited {
        retry_after: Some("7".to_owned()),
    };
    assert!(
        matches!(failure(limited).await, OverpassError::RateLimited { retry_after } if retry_after == later)
    );
    let busy = failure(OverpassFault::Busy { retry_after: None }).await;
    assert!(
        matches!(&busy, OverpassError::Busy { excerpt, .. } if excerpt.contains("turned off")),
        "{busy}"
    );
    let page = failure(OverpassFault::PageWithStatus200).await;
    assert!(
        matches!(&page, OverpassError::Busy { status, .. } if status.is_success()),
        "{page}"
    );
    assert!(matches!(
        failure(OverpassFault::BadQuery).await,
        OverpassError::BadQuery { .. }
    ));
    assert!(matches!(
        failure(OverpassFault::Silence).await,
        OverpassError::Timeout
    ));
    assert!(matches!(
        failure(OverpassFault::Trickle).await,
        OverpassError::Timeout
    ));
    assert!(matches!(
        failure(OverpassFault::Redirect("http://127.0.0.1:1/".into())).await,
        OverpassError::Status(_)
    ));
    assert!(matches!(
        failure(OverpassFault::Body("{\"elements\":".into())).await,
        OverpassError::Malformed(_)
    ));
    let cut = failure(OverpassFault::Truncated).await;
    assert!(
        cut.is_temporary() && !matches!(cut, OverpassError::Timeout),
        "{cut:?}"
    );
}

#[tokio::test]
async fn a_bomb_is_dropped_long_before_it_has_unfolded() {
    let (server, query) = monaco();
    server.set(OverpassFault::CompressedBomb);
    let error = ask(&server, &query).await.unwrap_err();
    assert!(
        matches!(error, OverpassError::TooLarge(limit) if limit == 32 << 20),
        "{error:?}"
    );
}

#[tokio::test]
async fn half_an_answer_is_used_and_known_to_be_half() {
    let (server, query) = monaco();
    let whole = ask(&server, &query).await.unwrap().answer;
    server.set(OverpassFault::Remark);
    let half = ask(&server, &query).await.unwrap().answer;
    assert!(half.remark.is_some() && whole.remark.is_none());
    assert_eq!(half.elements.len(), whole.elements.len() / 2);
}

#[tokio::test]
async fn any_refusal_may_say_when_to_come_again_in_seconds_or_as_a_date() {
    let date = (Utc::now() + TimeDelta::minutes(5)).format("%a, %d %b %Y %T GMT");
    let busy = OverpassFault::Busy {
        retry_after: Some(date.to_string()),
    };
    let wait = failure(busy).await.retry_after().unwrap();
    assert!(
        wait > Duration::from_secs(290) && wait <= Duration::from_mins(5),
        "{wait:?}"
    );
    let nonsense = OverpassFault::Busy {
        retry_after: Some("soon".to_owned()),
    };
    assert_eq!(failure(nonsense).await.retry_after(), None);
}

#[tokio::test]
async fn a_mirror_answers_while_the_first_server_is_left_alone() {
    let redis = TestRedis::start();
    let (first, query) = monaco();
    let (mirror, _) = monaco();
    let settings = MannersSettings {
        bytes_a_day: 1 << 30,
        ..EAGER
    };
    let servers = Servers::new(client(&[&first, &mirror]), manners(&redis, settings));
    first.set(OverpassFault::RateLimited {
        retry_after: Some("60".to_owned()),
    });
    for _ in 0..2 {
        servers.ask(&query).await.unwrap();
    }
    assert_eq!((first.requests().len(), mirror.requests().len()), (1, 2));
}

#[tokio::test]
async fn a_mirror_that_was_asked_a_moment_ago_stands_in_at_its_next_turn() {
    let redis = TestRedis::start();
    let (first, query) = monaco();
    let (mirror, _) = monaco();
    let settings = MannersSettings {
        spacing: Duration::from_millis(500),
        bytes_a_day: 1 << 30,
        ..EAGER
    };
    let asked = Instant::now();
    let only = Servers::new(client(&[&mirror]), manners(&redis, settings));
    only.ask(&query).await.unwrap();
    first.set(OverpassFault::Busy { retry_after: None });
    let servers = Servers::new(client(&[&first, &mirror]), manners(&redis, settings));
    servers.ask(&query).await.unwrap();
    assert_eq!((first.requests().len(), mirror.requests().len()), (1, 2));
    assert!(
        asked.elapsed() >= settings.spacing,
        "the mirror was not left its pause"
    );
}

#[tokio::test]
async fn when_all_servers_rest_the_first_to_be_back_is_waited_for() {
    let redis = TestRedis::start();
    let (first, query) = monaco();
    let (mirror, _) = monaco();
    let servers = Servers::new(client(&[&first, &mirror]), manners(&redis, EAGER));
    for (server, seconds) in [(&first, 900), (&mirror, 600)] {
        server.set(OverpassFault::Busy {
            retry_after: Some(seconds.to_string()),
        });
    }
    let failed = servers.ask(&query).await.unwrap_err();
    assert!(
        matches!(failed, Unanswered::Failed(OverpassError::Busy { .. })),
        "{failed}"
    );
    let Unanswered::NotNow(refusal) = servers.ask(&query).await.unwrap_err() else {
        panic!("a server was asked that wants to be left alone");
    };
    assert!(refusal.wait <= Duration::from_mins(10), "{refusal}");
}

fn manners(redis: &TestRedis, settings: MannersSettings) -> Manners {
    let connection = wildside::shared_redis::connect(&redis.url()).unwrap();
    Manners::new(connection, settings)
}

const EAGER: MannersSettings = MannersSettings {
    at_once: 2,
    spacing: Duration::ZERO,
    lease: Duration::from_mins(1),
    requests_a_day: 100,
    bytes_a_day: 1_000,
    failures_to_open: 3,
    open: Duration::from_millis(200),
    longest_open: Duration::from_secs(1),
};

fn server() -> Url {
    "https://overpass.example/api/interpreter".parse().unwrap()
}

async fn refusal(manners: &Manners) -> String {
    manners.take(&server()).await.unwrap().unwrap_err().reason
}

#[tokio::test]
async fn only_so_many_requests_are_under_way_in_all_workers_together() {
    let redis = TestRedis::start();
    let one = manners(&redis, EAGER);
    let other = manners(&redis, EAGER);
    let first = one.take(&server()).await.unwrap().unwrap();
    let _second = other.take(&server()).await.unwrap().unwrap();
    assert_eq!(refusal(&one).await, "busy");
    one.give_back(first, Ok(10)).await.unwrap();
    let _third = other.take(&server()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_permit_of_a_dead_worker_ends_by_itself() {
    let redis = TestRedis::start();
    let manners = manners(
        &redis,
        MannersSettings {
            at_once: 1,
            lease: Duration::from_millis(50),
            ..EAGER
        },
    );
    let _lost = manners.take(&server()).await.unwrap().unwrap();
    let taken_at = Instant::now();
    while manners.take(&server()).await.unwrap().is_err() {
        assert!(
            taken_at.elapsed() < Duration::from_secs(5),
            "the lease never ends"
        );
    }
    assert!(taken_at.elapsed() >= Duration::from_millis(40));
}

#[tokio::test]
async fn requests_are_spaced() {
    let redis = TestRedis::start();
    let manners = manners(
        &redis,
        MannersSettings {
            spacing: Duration::from_secs(30),
            ..EAGER
        },
    );
    let _first = manners.take(&server()).await.unwrap().unwrap();
    let wait = manners.take(&server()).await.unwrap().unwrap_err().wait;
    assert!(wait > Duration::from_secs(25), "{wait:?}");
}

#[tokio::test]
async fn the_days_quota_holds_for_requests_and_bytes() {
    let redis = TestRedis::start();
    let manners_by_bytes = manners(&redis, EAGER);
    let permit = manners_by_bytes.take(&server()).await.unwrap().unwrap();
    manners_by_bytes.give_back(permit, Ok(1_000)).await.unwrap();
    assert_eq!(refusal(&manners_by_bytes).await, "quota_used_up");
    let by_requests = MannersSettings {
        requests_a_day: 1,
        bytes_a_day: u64::MAX >> 12,
        ..EAGER
    };
    assert_eq!(
        refusal(&manners(&redis, by_requests)).await,
        "quota_used_up"
    );
}

#[tokio::test]
async fn failures_in_a_row_open_the_circuit_for_everyone_and_a_success_closes_it() {
    let redis = TestRedis::start();
    let one = manners(&redis, EAGER);
    let other = manners(&redis, EAGER);
    for _ in 0..3 {
        let permit = one.take(&server()).await.unwrap().unwrap();
        one.give_back(permit, Err(&OverpassError::Timeout))
            .await
            .unwrap();
    }
    let refused = other.take(&server()).await.unwrap().unwrap_err();
    assert_eq!(refused.reason, "circuit_open");
    tokio::time::sleep(refused.wait).await;
    let permit = other
        .take(&server())
        .await
        .unwrap()
        .expect("the circuit is half open");
    other.give_back(permit, Ok(1)).await.unwrap();
    let permit = one.take(&server()).await.unwrap().unwrap();
    one.give_back(permit, Err(&OverpassError::Timeout))
        .await
        .unwrap();
    assert!(
        one.take(&server()).await.unwrap().is_ok(),
        "one failure after a success opens nothing"
    );
}

#[tokio::test]
async fn a_server_that_says_when_to_come_again_is_obeyed() {
    let redis = TestRedis::start();
    let settings = MannersSettings {
        longest_open: Duration::from_mins(10),
        ..EAGER
    };
    let manners = manners(&redis, settings);
    let permit = manners.take(&server()).await.unwrap().unwrap();
    let limited = OverpassError::RateLimited {
        retry_after: Some(Duration::from_mins(5)),
    };
    manners.give_back(permit, Err(&limited)).await.unwrap();
    let wait = manners.take(&server()).await.unwrap().unwrap_err().wait;
    assert!(
        wait > Duration::from_secs(290) && wait <= Duration::from_mins(5),
        "{wait:?}"
    );
}
