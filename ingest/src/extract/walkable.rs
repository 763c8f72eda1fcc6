//! Walkable ways: which ones a pedestrian may use, and what is known about them.

use std::sync::Arc;

use wildside_engine::hours::WayHours;
use wildside_engine::network::{Lit, WayClass};
use wildside_engine::places::Tags;

use super::access::Walk;
use super::elements::clean;
use super::hours;

/// The properties that all edges of a way share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WalkWay {
    pub(crate) class: WayClass,
    pub(crate) lit: Lit,
    pub(crate) surface: Option<Arc<str>>,
    pub(crate) incline_percent: Option<f32>,
    pub(crate) price_percent: u16,
    /// Hours at which one may walk there; `None`: at all times.
    pub(crate) hours: Option<Arc<WayHours>>,
    pub(crate) directions: Directions,
    pub(crate) name: Option<Arc<str>>,
    /// True if it passes over or under what it seems to cross.
    pub(crate) is_on_another_level: bool,
}

/// Directions in which a way may be walked, as its nodes are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directions {
    Both,
    Forward,
    Backward,
}

/// The way in a walker's terms; `None`: it may not or cannot be walked on.
pub(crate) fn walk_way(tags: &Tags<'_>) -> Option<WalkWay> {
    let class = class(tags)?;
    let passage = hours::of_way(tags);
    let Walk::At(price_percent) = passage.walk else {
        return None;
    };
    Some(WalkWay {
        directions: directions(tags)?,
        class,
        lit: lit(tags),
        surface: tags.get("surface").map(text),
        incline_percent: tags.get("incline").and_then(incline_percent),
        price_percent,
        hours: passage.hours,
        name: tags.get("name").map(text),
        is_on_another_level: is_on_another_level(tags),
    })
}

fn text(value: &str) -> Arc<str> {
    Arc::from(clean(value))
}

/// The class of something that is a way, whoever may use it.
fn class(tags: &Tags<'_>) -> Option<WayClass> {
    let Some(highway) = tags.get("highway") else {
        let known = is_platform_or_pier(tags) || tags.get("foot").is_some() && is_line(tags);
        return known.then_some(WayClass::Other);
    };
    Some(match highway {
        "footway" => WayClass::Footway,
        "pedestrian" => WayClass::Pedestrian,
        "path" | "bridleway" => WayClass::Path,
        "track" => WayClass::Track,
        "cycleway" => WayClass::Cycleway,
        "steps" => WayClass::Steps,
        "living_street" => WayClass::LivingStreet,
        "residential" | "unclassified" | "road" => WayClass::Residential,
        "service" => WayClass::Service,
        "tertiary" | "tertiary_link" => WayClass::Tertiary,
        "secondary" | "secondary_link" => WayClass::Secondary,
        "primary" | "primary_link" | "trunk" | "trunk_link" | "motorway" | "motorway_link" => {
            WayClass::Primary
        }
        _ => WayClass::Other,
    })
}

fn is_platform_or_pier(tags: &Tags<'_>) -> bool {
    tags.get("railway") == Some("platform")
        || tags.get("public_transport") == Some("platform")
        || matches!(tags.get("man_made"), Some("pier" | "quay"))
}

/// Lines that are no ways, and on which some walk all the same.
fn is_line(tags: &Tags<'_>) -> bool {
    matches!(
        tags.get("man_made"),
        Some("breakwater" | "groyne" | "dyke" | "embankment")
    ) || matches!(tags.get("railway"), Some("disused" | "abandoned"))
        || matches!(tags.get("waterway"), Some("dam" | "weir"))
        || tags.get("leisure") == Some("track")
}

/// Directions for walkers: a plain `oneway` binds vehicles. `None`: what the tags say of them leaves none.
fn directions(tags: &Tags<'_>) -> Option<Directions> {
    let said = |key, forward: &[&str], backward: &[&str]| match tags.get(key) {
        Some(value) if forward.contains(&value) => Directions::Forward,
        Some(value) if backward.contains(&value) => Directions::Backward,
        _ => Directions::Both,
    };
    let all = [
        said("oneway:foot", &["yes", "true", "1"], &["-1", "reverse"]),
        said("conveying", &["forward"], &["backward"]),
        said("foot:forward", &[], &["no"]),
        said("foot:backward", &["no"], &[]),
    ];
    let is_for = |direction| !all.contains(&direction);
    match (is_for(Directions::Backward), is_for(Directions::Forward)) {
        (true, true) => Some(Directions::Both),
        (true, false) => Some(Directions::Forward),
        (false, true) => Some(Directions::Backward),
        (false, false) => None,
    }
}

fn is_on_another_level(tags: &Tags<'_>) -> bool {
    let has = |key| tags.get(key).is_some_and(|value| value != "no");
    has("bridge") || has("tunnel") || has("covered") || tags.get("layer").is_some_and(|l| l != "0")
}

impl WalkWay {
    /// True if the hours of a park that it leads through are its own: it says none itself, passes neither over nor under the park,
    /// and is no street for traffic.
    pub(crate) const fn is_shut_with_park(&self) -> bool {
        self.hours.is_none()
            && !self.is_on_another_level
            && matches!(
                self.class,
                WayClass::Footway
                    | WayClass::Pedestrian
                    | WayClass::Path
                    | WayClass::Track
                    | WayClass::Cycleway
                    | WayClass::Steps
                    | WayClass::Service
                    | WayClass::Other
            )
    }

    /// True if an area of this class may be crossed anywhere, on foot.
    pub(crate) const fn is_floor(&self) -> bool {
        matches!(
            self.class,
            WayClass::Footway | WayClass::Pedestrian | WayClass::Path | WayClass::Other
        )
    }
}

/// True if something with these tags stands in the way of who crosses a square.
pub(crate) fn is_obstacle(tags: &Tags<'_>) -> bool {
    let building = tags.get("building");
    let stands = building.is_some_and(|building| !matches!(building, "no" | "roof" | "carport"))
        || matches!(tags.get("natural"), Some("water" | "wood" | "scrub"))
        || tags.get("amenity") == Some("fountain")
        || tags.get("leisure") == Some("swimming_pool")
        || matches!(tags.get("landuse"), Some("flowerbed" | "construction"))
        || matches!(
            tags.get("barrier"),
            Some("wall" | "fence" | "hedge" | "city_wall" | "retaining_wall")
        );
    stands && !is_on_another_level(tags) && tags.get("location") != Some("underground")
}

/// True if a closed way with these tags is walked all over, not along its line: a square, a pier, a platform.
pub(crate) fn is_area(tags: &Tags<'_>) -> bool {
    match tags.get("area") {
        Some("no") => false,
        Some("yes") => true,
        _ => tags.get("place") == Some("square") || is_platform_or_pier(tags),
    }
}

fn lit(tags: &Tags<'_>) -> Lit {
    match tags.get("lit") {
        None | Some("unknown") => Lit::Unknown,
        Some("no" | "none" | "disused") => Lit::No,
        Some(_) => Lit::Yes,
    }
}

/// `5%`, `-10 %`, `8`, `5°`; not `up` and `down`.
fn incline_percent(incline: &str) -> Option<f32> {
    let text = incline.trim();
    let number = |text: &str| text.trim().parse::<f32>().ok();
    let percent = match text.strip_suffix('°') {
        Some(degrees) => number(degrees)?.to_radians().tan() * 100.0,
        None => number(text.strip_suffix('%').unwrap_or(text))?,
    };
    (-100.0..=100.0).contains(&percent).then_some(percent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// Class and price; `None`: nobody walks there.
    fn walked(pairs: &[(&str, &str)]) -> Option<(WayClass, u16)> {
        walk_way(&Tags::new(pairs)).map(|way| (way.class, way.price_percent))
    }

    #[test]
    fn the_law_of_the_way_is_obeyed() {
        let fair = |class| Some((class, 100));
        for (pairs, expected) in [
            (&[("highway", "footway")][..], fair(WayClass::Footway)),
            (
                &[("highway", "steps"), ("tunnel", "yes")],
                fair(WayClass::Steps),
            ),
            (&[("highway", "service"), ("access", "private")], None),
            (&[("highway", "cycleway")], Some((WayClass::Cycleway, 200))),
            (
                &[("highway", "motorway"), ("foot", "yes")],
                Some((WayClass::Primary, 400)),
            ),
            (&[("highway", "motorway")], None),
            (
                &[("highway", "busway"), ("foot", "yes")],
                fair(WayClass::Other),
            ),
            (&[("highway", "trunk")], Some((WayClass::Primary, 400))),
            (
                &[("highway", "trunk"), ("sidewalk", "both")],
                fair(WayClass::Primary),
            ),
            (
                &[("highway", "residential"), ("tunnel", "yes")],
                Some((WayClass::Residential, 200)),
            ),
            (&[("highway", "secondary"), ("tunnel", "yes")], None),
            (&[("route", "ferry")], None),
            (&[("route", "ferry"), ("foot", "yes")], None),
            (&[("amenity", "parking"), ("access", "customers")], None),
            (&[("leisure", "park"), ("foot", "yes")], None),
            (
                &[("railway", "disused"), ("foot", "yes")],
                fair(WayClass::Other),
            ),
            (&[("railway", "disused"), ("access", "customers")], None),
            (&[("railway", "platform")], fair(WayClass::Other)),
        ] {
            assert_eq!(walked(pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn one_direction_is_told_from_both_and_from_none() {
        let (forward, backward) = (Some(Directions::Forward), Some(Directions::Backward));
        for (pairs, expected) in [
            (&[][..], Some(Directions::Both)),
            (&[("oneway", "yes")], Some(Directions::Both)),
            (&[("oneway:foot", "no")], Some(Directions::Both)),
            (&[("conveying", "no")], Some(Directions::Both)),
            (&[("oneway:foot", "yes")], forward),
            (&[("oneway:foot", "-1")], backward),
            (&[("conveying", "forward")], forward),
            (&[("conveying", "backward")], backward),
            (&[("foot:backward", "no")], forward),
            (&[("foot:forward", "no")], backward),
            (&[("conveying", "forward"), ("oneway:foot", "yes")], forward),
            (&[("conveying", "forward"), ("oneway:foot", "-1")], None),
            (&[("foot:forward", "no"), ("foot:backward", "no")], None),
            (&[("conveying", "yes")], None),
        ] {
            let tags: Vec<_> = [("highway", "steps")]
                .into_iter()
                .chain(pairs.iter().copied())
                .collect();
            let way = walk_way(&Tags::new(&tags));
            assert_eq!(way.map(|way| way.directions), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_square_is_an_area_and_a_round_street_is_not() {
        let is_area = |pairs: &[(&str, &str)]| is_area(&Tags::new(pairs));
        assert!(is_area(&[("highway", "pedestrian"), ("area", "yes")]));
        assert!(is_area(&[("highway", "pedestrian"), ("place", "square")]));
        assert!(is_area(&[("man_made", "pier")]));
        assert!(!is_area(&[("highway", "pedestrian")]));
        assert!(!is_area(&[("railway", "platform"), ("area", "no")]));
    }

    #[test]
    fn light_surface_and_incline_are_read() {
        let tags = [
            ("highway", "path"),
            ("lit", "24/7"),
            ("surface", "gravel"),
            ("incline", "-12.5 %"),
            ("name", "A"),
        ];
        let way = walk_way(&Tags::new(&tags)).unwrap();
        assert_eq!((way.lit, way.incline_percent), (Lit::Yes, Some(-12.5)));
        assert_eq!(
            (way.surface.as_deref(), way.name.as_deref()),
            (Some("gravel"), Some("A"))
        );
        assert_eq!(incline_percent("up"), None);
        assert_eq!(incline_percent("900"), None);
        assert!((incline_percent("45°").unwrap() - 100.0).abs() < 0.01);
    }
}
