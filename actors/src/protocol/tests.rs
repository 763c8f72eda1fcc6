#![allow(clippy::unwrap_used, clippy::panic)]

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::event::Status;

fn protocol(now: Instant) -> Protocol {
    Protocol::new(Arc::new(Limits::DEFAULT), now)
}

fn event(request: u128, status: Status, progress: Option<f32>, second: i64) -> StatusEvent {
    StatusEvent {
        user_id: Uuid::nil(),
        request_id: Uuid::from_u128(request),
        status,
        route_id: None,
        error: None,
        progress,
        stage: None,
        updated_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
        trace_id: Uuid::nil(),
    }
}

const LOCATION: &str = r#"{"type":"update_location","route_id":"00000000-0000-0000-0000-000000000001",
    "location":{"type":"Point","coordinates":[-3.19,55.95]}}"#;

fn close_code(action: &Action) -> Option<CloseCode> {
    match action {
        Action::Close(close) => Some(close.code),
        _ => None,
    }
}

#[test]
fn progress_only_grows_and_only_a_failure_is_made_good() {
    let mut protocol = protocol(Instant::now());
    let admitted = [
        (Status::Pending, None),
        (Status::Pending, None),
        (Status::InProgress, None),
        (Status::InProgress, Some(0.5)),
        (Status::InProgress, Some(0.4)),
        (Status::InProgress, Some(0.5)),
        (Status::InProgress, Some(f32::NAN)),
        (Status::InProgress, Some(1.0)),
        (Status::Failed, None),
        (Status::Complete, None),
        (Status::Failed, None),
        (Status::InProgress, Some(2.0)),
    ]
    .map(|(status, progress)| protocol.admit(&event(1, status, progress, 0)));
    assert_eq!(
        admitted,
        [
            true, false, true, true, false, false, false, true, true, true, false, false
        ]
    );
}

#[test]
fn a_connection_ends_with_its_login() {
    let now = Instant::now();
    let mut protocol = protocol(now).ending_at(now + Duration::from_secs(20));
    for second in [15, 30] {
        let at = now + Duration::from_secs(second);
        let _ = protocol.pong(at);
        let ended = close_code(&protocol.tick(at));
        assert_eq!(ended, (second == 30).then_some(CloseCode::PolicyViolation));
    }
}

#[test]
fn a_final_status_is_remembered_as_long_as_a_snapshot_may_repeat_it() {
    let mut protocol = protocol(Instant::now());
    for second in 0..600 {
        assert!(protocol.admit(&event(second, Status::Complete, None, second as i64)));
    }
    for second in 0..600 {
        assert!(!protocol.admit(&event(second, Status::Complete, None, second as i64)));
    }
}

#[test]
fn memory_is_bounded() {
    let mut protocol = protocol(Instant::now());
    for request in 0..100_000 {
        assert!(protocol.admit(&event(request, Status::Pending, None, 0)));
    }
    assert!(protocol.sent.len() <= 1024);
    for request in 200_000..201_100 {
        assert!(protocol.admit(&event(
            request,
            Status::Complete,
            None,
            10_000 * request as i64
        )));
    }
    assert!(
        protocol.sent.len() < 5,
        "what is finished for long is forgotten first"
    );
}

#[test]
fn pings_then_the_end() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let mut protocol = protocol(start);
    assert_eq!(protocol.next_tick(), at(15));
    assert_eq!(protocol.tick(at(14)), Action::None);
    assert_eq!(protocol.tick(at(15)), Action::Ping);
    assert_eq!(protocol.pong(at(20)), Action::None);
    assert_eq!(protocol.tick(at(30)), Action::Ping);
    assert_eq!(protocol.tick(at(45)), Action::Ping);
    assert_eq!(protocol.next_tick(), at(60));
    assert_eq!(
        close_code(&protocol.tick(at(60))),
        Some(CloseCode::GoingAway)
    );
}

#[test]
fn a_flood_of_any_kind_is_a_flood() {
    let start = Instant::now();
    let flood: [fn(&mut Protocol, Instant) -> Action; 5] = [
        |protocol, now| protocol.text(LOCATION, now),
        |protocol, now| protocol.binary(now),
        |protocol, now| protocol.ping(Bytes::new(), now),
        |protocol, now| protocol.pong(now),
        |protocol, now| protocol.fragment(Fragment::Continue(Bytes::new()), now),
    ];
    for send in flood {
        let mut protocol = protocol(start);
        let codes: Vec<_> = (0..61)
            .map(|_| close_code(&send(&mut protocol, start)))
            .collect();
        assert!(codes[..60].iter().all(Option::is_none));
        assert_eq!(codes[60], Some(CloseCode::PolicyViolation));
    }
}

#[test]
fn one_match_at_a_time_and_the_newest_location_next() {
    let now = Instant::now();
    let mut protocol = protocol(now);
    let Action::Match(first) = protocol.text(LOCATION, now) else {
        panic!("no match")
    };
    assert_eq!(protocol.text(LOCATION, now), Action::None);
    assert_eq!(
        protocol.text(&LOCATION.replace("55.95", "55.96"), now),
        Action::None
    );
    let Action::Match(second) = protocol.matched() else {
        panic!("no match")
    };
    assert!((first.location.lat, second.location.lat) == (55.95, 55.96));
    assert_eq!(protocol.matched(), Action::None);
    assert!(matches!(protocol.text(LOCATION, now), Action::Match(_)));
}

#[test]
fn a_location_is_not_shown_by_debug() {
    let Action::Match(update) = protocol(Instant::now()).text(LOCATION, Instant::now()) else {
        panic!("no match")
    };
    let shown = format!("{update:?} {:?}", ClientFrame::UpdateLocation(update));
    assert!(
        !shown.contains("55.9") && !shown.contains("3.19"),
        "{shown}"
    );
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Pending),
        Just(Status::InProgress),
        Just(Status::Complete),
        Just(Status::Failed)
    ]
}

proptest! {
    /// Invariant, whatever arrives in whatever order: nothing goes backwards, no end is sent twice, and the last that came is
    /// sent: a failed request may be complete after all, and never the other way.
    #[test]
    fn statuses_only_move_forward(
        events in prop::collection::vec((0..4_u128, status(), prop::option::of(0.0..=1.0_f32)), 0..200)
    ) {
        let mut protocol = protocol(Instant::now());
        let mut sent: Vec<(u128, Status)> = Vec::new();
        for (request, status, progress) in &events {
            if protocol.admit(&event(*request, *status, *progress, 0)) {
                sent.push((*request, *status));
            }
        }
        for request in 0..4 {
            let course: Vec<Status> = sent.iter().filter(|(id, _)| *id == request).map(|(_, status)| *status).collect();
            prop_assert!(course.is_sorted_by_key(|status| status.rank()));
            for end in [Status::Failed, Status::Complete] {
                prop_assert!(course.iter().filter(|status| **status == end).count() <= 1);
            }
            let came = events.iter().filter(|(id, status, _)| *id == request && status.is_final());
            let furthest = came.map(|(_, status, _)| *status).max_by_key(|status| status.rank());
            let told = course.last().copied().filter(|status| status.is_final());
            prop_assert_eq!(told, furthest);
        }
    }

    /// No text makes the protocol panic or end the connection, unless it is too long.
    #[test]
    fn any_text_is_survived(text in ".{0,300}") {
        let now = Instant::now();
        prop_assert!(close_code(&protocol(now).text(&text, now)).is_none());
    }

    /// A message in pieces means what it means in one.
    #[test]
    fn pieces_are_joined(cuts in prop::collection::vec(0..LOCATION.len(), 1..6)) {
        let now = Instant::now();
        let mut protocol = protocol(now);
        let mut cuts = cuts;
        cuts.sort_unstable();
        cuts.insert(0, 0);
        cuts.push(LOCATION.len());
        let pieces: Vec<Bytes> = cuts.windows(2).map(|ends| Bytes::from(&LOCATION[ends[0]..ends[1]])).collect();
        let last = pieces.len() - 1;
        for (position, piece) in pieces.into_iter().enumerate() {
            let fragment = match position {
                0 => Fragment::FirstText(piece),
                _ if position == last => Fragment::Last(piece),
                _ => Fragment::Continue(piece),
            };
            let action = protocol.fragment(fragment, now);
            prop_assert_eq!(matches!(action, Action::Match(_)), position == last);
        }
    }

    /// Whenever the client is heard, time moves on: each tick is due later than the one before, or ends the connection.
    #[test]
    fn ticks_never_spin(pauses in prop::collection::vec(0..20_000_u64, 0..50)) {
        let mut now = Instant::now();
        let mut protocol = protocol(now);
        for pause in pauses {
            now += Duration::from_millis(pause);
            let _ = protocol.pong(now);
            now = now.max(protocol.next_tick());
            if close_code(&protocol.tick(now)).is_some() {
                break;
            }
            prop_assert!(protocol.next_tick() > now);
        }
    }
}
