#![allow(clippy::unwrap_used)]

use wildside_engine::network::WayClass;

use super::*;

fn step(maneuver: Maneuver, street: &str, path_start: usize) -> Step {
    Step {
        maneuver,
        street: Some(street.to_owned()),
        way: WayClass::Residential,
        distance_metres: 111.2,
        duration_seconds: 83,
        bearing_before: None,
        bearing_after: Some(0),
        path_start,
    }
}

fn stop(poi_id: i64, name: &str) -> RouteStop {
    RouteStop {
        poi_id,
        position: 1,
        name: Some(name.to_owned()),
        lon: 0.0,
        lat: 0.0,
        narrative: None,
        popularity_score: None,
        theme_ids: vec![],
        arrive_after_seconds: 0,
        visit_seconds: 0,
    }
}

/// 0.001° of latitude are 111 m: north, and back the same way.
fn there_and_back() -> Track {
    let points = [
        (0.0, 0.0),
        (0.0, 0.001),
        (0.0, 0.002),
        (0.0, 0.001),
        (0.0, 0.0),
    ];
    let leg = |path_start, steps| Leg {
        path_start,
        distance_metres: 0.0,
        duration_seconds: 0,
        steps,
    };
    let legs = [
        leg(0, vec![step(Maneuver::Depart, "Low Street", 0)]),
        leg(1, vec![step(Maneuver::Depart, "High Street", 1)]),
        leg(
            2,
            vec![
                step(Maneuver::Depart, "High Street", 2),
                step(Maneuver::Left, "Low Street", 3),
            ],
        ),
    ];
    let stops = [stop(7, "Mill"), stop(8, "Tower")];
    Track::new(
        &points.map(|(lon, lat)| Point::new(lon, lat)),
        &legs,
        &stops,
    )
}

/// What is told at positions walked one after the other, in degrees north.
fn told(track: &Track, norths: &[f64]) -> Vec<(String, f64)> {
    let tell = |&north: &f64| {
        let here = Point::new(0.0, north);
        let next = track.progress(Uuid::nil(), here, Language::English);
        let next = next.next_instruction.unwrap();
        (next.text, next.metres.round())
    };
    norths.iter().map(tell).collect()
}

#[test]
fn the_next_stop_and_what_remains_follow_the_path() {
    let here = Point::new(0.0001, 0.0015);
    let progress = there_and_back().progress(Uuid::nil(), here, Language::English);
    assert!(progress.on_route);
    assert!(
        (progress.metres_off_route - 11.1).abs() < 0.2,
        "{progress:?}"
    );
    assert_eq!(progress.next_poi_id, Some(8));
    assert!(
        (progress.metres_to_next.unwrap() - 55.6).abs() < 0.5,
        "{progress:?}"
    );
    assert!(
        (progress.remaining_metres - 278.0).abs() < 1.0,
        "{progress:?}"
    );
}

#[test]
fn far_away_is_off_the_route_and_told_the_way_back() {
    let here = Point::new(0.01, 0.0);
    let progress = there_and_back().progress(Uuid::nil(), here, Language::German);
    assert!(!progress.on_route);
    assert_eq!(progress.next_poi_id, Some(7));
    let back = progress.next_instruction.unwrap();
    assert_eq!(
        (back.maneuver, back.bearing),
        (NextManeuver::Return, Some(270))
    );
    assert_eq!(
        back.text,
        "Sie haben den Weg verlassen. Kehren Sie um: Er liegt 1112 m in Richtung Westen."
    );
}

#[test]
fn each_instruction_is_told_until_it_has_been_followed_there_and_back() {
    let track = there_and_back();
    let told = told(
        &track,
        &[
            0.0, 0.0005, 0.00101, 0.0015, 0.00199, 0.0017, 0.0013, 0.0008, 0.0,
        ],
    );
    let expected = [
        ("Head north along Low Street.", 0.0),
        ("Stop at Mill.", 56.0),
        ("Head north along High Street.", 0.0),
        ("Stop at Tower.", 56.0),
        ("Stop at Tower.", 1.0),
        ("Turn left onto Low Street.", 78.0),
        ("Turn left onto Low Street.", 33.0),
        ("The walk ends here.", 89.0),
        ("The walk ends here.", 0.0),
    ];
    let expected: Vec<(String, f64)> = expected
        .map(|(text, metres)| (text.to_owned(), metres))
        .into();
    assert_eq!(told, expected);
}

#[test]
fn who_begins_anew_is_found_at_the_beginning() {
    let track = there_and_back();
    let walk = [0.0, 0.001, 0.002, 0.001, 0.0005, 0.0001];
    let first = told(&track, &walk);
    assert_eq!(first[5].0, "The walk ends here.");
    let again = told(&track, &[0.0018]);
    assert!(again[0].0.starts_with("Stop at Tower"), "{again:?}");
}
