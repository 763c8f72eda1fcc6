//! A walk as a person would like to read it.

use std::io::{self, Write};

use geojson::{Feature, FeatureCollection, GeoJson};
use serde_json::{Map, Value, json};

use super::client::{Leg, Route, Stop, Theme};

pub(super) fn print(
    out: &mut impl Write,
    route: &Route,
    themes: &[Theme],
    asked_minutes: u32,
) -> io::Result<()> {
    let visiting: u32 = route.pois.iter().map(|stop| stop.visit_seconds).sum();
    let total = minutes(route.duration_seconds);
    writeln!(
        out,
        "A walk of {total} and {}, {} stops\n",
        distance(route.distance_metres),
        route.pois.len()
    )?;
    writeln!(out, "{:>8}  start", minutes(0))?;
    let mut legs = route.details.legs.iter();
    for (stop, leg) in route.pois.iter().zip(&mut legs) {
        print_leg(out, leg)?;
        print_stop(out, stop, themes)?;
    }
    if let Some(leg) = legs.next() {
        print_leg(out, leg)?;
    }
    writeln!(out, "{total:>8}  the end\n")?;
    writeln!(
        out,
        "{} on foot, {} at the stops, of {asked_minutes} min asked for",
        minutes(route.duration_seconds.saturating_sub(visiting)),
        minutes(visiting)
    )?;
    if let Some(fit) = &route.fit {
        writeln!(out, "{}", fit.summary)?;
    }
    writeln!(out, "{}", route.attribution)
}

/// Distance, and the street that it follows for the most part.
fn print_leg(out: &mut impl Write, leg: &Leg) -> io::Result<()> {
    let named = leg.steps.iter().filter(|step| step.street.is_some());
    let main = named.max_by(|a, b| a.distance_metres.total_cmp(&b.distance_metres));
    let street = main.and_then(|step| step.street.as_deref());
    let distance = distance(leg.distance_metres);
    match street {
        Some(street) => writeln!(out, "{:>8}  | {distance}, {street}", ""),
        None => writeln!(out, "{:>8}  | {distance}", ""),
    }
}

fn print_stop(out: &mut impl Write, stop: &Stop, themes: &[Theme]) -> io::Result<()> {
    writeln!(
        out,
        "{:>8}  {} ({})",
        minutes(stop.arrive_after_seconds),
        stop.name.as_deref().unwrap_or("no name"),
        minutes(stop.visit_seconds)
    )?;
    let names: Vec<&str> = themes
        .iter()
        .filter(|theme| stop.theme_ids.contains(&theme.id))
        .map(|theme| theme.name.as_str())
        .collect();
    let lines = [
        Some(names.join(", ")),
        stop.narrative.clone(),
        stop.reason.clone(),
    ];
    for line in lines.into_iter().flatten().filter(|line| !line.is_empty()) {
        writeln!(out, "{:>8}    {line}", "")?;
    }
    Ok(())
}

fn minutes(seconds: u32) -> String {
    format!("{} min", (seconds + 30) / 60)
}

fn distance(metres: f64) -> String {
    if metres < 1000.0 {
        format!("{:.0} m", (metres / 10.0).round() * 10.0)
    } else {
        format!("{:.1} km", metres / 1000.0)
    }
}

/// The path and the stops, each a feature.
pub(super) fn geojson(route: &Route) -> GeoJson {
    let path = feature(
        route.path.clone(),
        json!({
            "route_id": route.id,
            "distance_metres": route.distance_metres,
            "duration_seconds": route.duration_seconds,
            "attribution": route.attribution,
        }),
    );
    let stops = route.pois.iter().map(|stop| {
        feature(
            stop.location.clone(),
            json!({
                "name": stop.name,
                "narrative": stop.narrative,
                "arrive_after_seconds": stop.arrive_after_seconds,
                "visit_seconds": stop.visit_seconds,
            }),
        )
    });
    GeoJson::FeatureCollection(FeatureCollection {
        bbox: None,
        features: std::iter::once(path).chain(stops).collect(),
        foreign_members: None,
    })
}

fn feature(geometry: geojson::Geometry, properties: Value) -> Feature {
    let properties = match properties {
        Value::Object(properties) => properties,
        _ => Map::new(),
    };
    Feature {
        geometry: Some(geometry),
        properties: Some(properties),
        ..Feature::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route() -> Route {
        serde_json::from_value(json!({
            "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
            "path": {"type": "LineString", "coordinates": [[24.95, 60.17], [24.96, 60.17]]},
            "distance_metres": 1200.0,
            "duration_seconds": 1200,
            "attribution": "© OpenStreetMap contributors",
            "pois": [{
                "name": "Market Hall",
                "location": {"type": "Point", "coordinates": [24.955, 60.17]},
                "narrative": "A hall of 1889.",
                "theme_ids": ["c1af4465-06f1-42fc-a101-0f154a9f2968"],
                "arrive_after_seconds": 300,
                "visit_seconds": 200,
                "reason": "Near your taste: Markets is akin to Good food.",
            }],
            "fit": {"summary": "1 stop of your themes; 40 % of the way is on pleasant ground."},
            "details": {"legs": [
                {"distance_metres": 360.0, "steps": [
                    {"street": "Quay", "distance_metres": 200.0},
                    {"street": null, "distance_metres": 160.0},
                ]},
                {"distance_metres": 840.0, "steps": [{"street": null, "distance_metres": 840.0}]},
            ]},
        }))
        .unwrap()
    }

    #[test]
    fn a_walk_reads_as_a_list_of_stops() {
        let themes = [Theme {
            id: "c1af4465-06f1-42fc-a101-0f154a9f2968".parse().unwrap(),
            name: "Markets".to_owned(),
        }];
        let mut out = Vec::new();
        print(&mut out, &route(), &themes, 20).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "A walk of 20 min and 1.2 km, 1 stops

   0 min  start
          | 360 m, Quay
   5 min  Market Hall (3 min)
            Markets
            A hall of 1889.
            Near your taste: Markets is akin to Good food.
          | 840 m
  20 min  the end

17 min on foot, 3 min at the stops, of 20 min asked for
1 stop of your themes; 40 % of the way is on pleasant ground.
© OpenStreetMap contributors
"
        );
    }

    #[test]
    fn the_geojson_has_the_path_and_every_stop() {
        let text = geojson(&route()).to_string();
        let GeoJson::FeatureCollection(collection) = text.parse().unwrap() else {
            panic!("not a collection: {text}");
        };
        assert_eq!(collection.features.len(), 2);
        assert_eq!(
            collection.features[1].property("name"),
            Some(&json!("Market Hall"))
        );
    }
}
