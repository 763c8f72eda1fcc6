//! Walkable ways: which ones a pedestrian may use, and what is known about them.

use std::sync::Arc;

use wildside_engine::network::{Lit, WayClass};
use wildside_engine::places::Tags;

use super::elements::clean;

/// The properties that all edges of a way share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WalkWay {
    pub(crate) class: WayClass,
    pub(crate) lit: Lit,
    pub(crate) surface: Option<Arc<str>>,
    pub(crate) incline_percent: Option<f32>,
    pub(crate) name: Option<Arc<str>>,
}

/// The way in a walker's terms; `None`: it may not or cannot be walked on.
pub(crate) fn walk_way(tags: &Tags<'_>) -> Option<WalkWay> {
    let class = class(tags)?;
    if is_forbidden(tags)
        || is_gone(tags)
        || is_indoors(tags)
        || is_one_way(tags)
        || is_for_cars_only(class, tags)
    {
        return None;
    }
    Some(WalkWay {
        class,
        lit: lit(tags),
        surface: tags.get("surface").map(text),
        incline_percent: tags.get("incline").and_then(incline_percent),
        name: tags.get("name").map(text),
    })
}

fn text(value: &str) -> Arc<str> {
    Arc::from(clean(value))
}

fn class(tags: &Tags<'_>) -> Option<WayClass> {
    let allowed = foot(tags) == Some(true);
    match tags.get("highway") {
        Some(highway) => match highway {
            "footway" => Some(WayClass::Footway),
            "pedestrian" => Some(WayClass::Pedestrian),
            "path" | "bridleway" => Some(WayClass::Path),
            "track" => Some(WayClass::Track),
            "cycleway" => (allowed || has_sidewalk(tags)).then_some(WayClass::Cycleway),
            "steps" => Some(WayClass::Steps),
            "living_street" => Some(WayClass::LivingStreet),
            "residential" | "unclassified" | "road" => Some(WayClass::Residential),
            "service" => Some(WayClass::Service),
            "tertiary" | "tertiary_link" => Some(WayClass::Tertiary),
            "secondary" | "secondary_link" => Some(WayClass::Secondary),
            "primary" | "primary_link" => Some(WayClass::Primary),
            "trunk" | "trunk_link" => (allowed || has_sidewalk(tags)).then_some(WayClass::Primary),
            "platform" | "elevator" => Some(WayClass::Other),
            _ => None,
        },
        None => is_platform_or_pier(tags).then_some(WayClass::Other),
    }
}

fn is_platform_or_pier(tags: &Tags<'_>) -> bool {
    tags.get("railway") == Some("platform")
        || tags.get("public_transport") == Some("platform")
        || matches!(tags.get("man_made"), Some("pier" | "quay"))
}

/// Permission by `foot=*`, if it says anything plain.
fn foot(tags: &Tags<'_>) -> Option<bool> {
    is_open(tags.get("foot")?)
}

/// Permission to walk here by `foot`; where it is silent, by `access`. `None`: neither says.
fn may_walk(tags: &Tags<'_>) -> Option<bool> {
    foot(tags).or_else(|| is_open(tags.get("access")?))
}

/// Values of `foot` and `access` that let anyone in.
const OPEN: [&str; 6] = [
    "yes",
    "designated",
    "permissive",
    "official",
    "destination",
    "public",
];

/// True if a value of `foot` or `access` lets anyone in. Unknown values do not: `customers`, `psv`, misspelt hours.
/// `None`: it is there and says nothing.
fn is_open(value: &str) -> Option<bool> {
    (value != "unknown").then(|| value.split(';').any(|part| OPEN.contains(&part.trim())))
}

fn is_forbidden(tags: &Tags<'_>) -> bool {
    let mountaineering = tags
        .get("sac_scale")
        .is_some_and(|s| s.contains("demanding") || s.contains("alpine"));
    may_walk(tags) == Some(false) || mountaineering || tags.get("motorroad") == Some("yes")
}

/// True if a node on a way stops a walker: a gate that is closed to the public, a wall across the way.
pub(crate) fn is_closed_barrier(tags: &Tags<'_>) -> bool {
    let Some(barrier) = tags.get("barrier") else {
        return false;
    };
    let wall = matches!(
        barrier,
        "wall" | "fence" | "hedge" | "city_wall" | "retaining_wall"
    );
    may_walk(tags).map_or(wall || tags.get("locked") == Some("yes"), |open| !open)
}

/// Out of use, or there only while a lake is frozen.
fn is_gone(tags: &Tags<'_>) -> bool {
    ["disused", "abandoned", "demolished", "ice_road"]
        .iter()
        .any(|key| tags.get(key) == Some("yes"))
}

fn is_indoors(tags: &Tags<'_>) -> bool {
    tags.get("indoor").is_some_and(|indoor| indoor != "no")
}

/// Escalators, and ways for one direction only: the network knows no directions, and there nearly always is another way
/// beside them.
fn is_one_way(tags: &Tags<'_>) -> bool {
    let directed = |key| tags.get(key).is_some_and(|value| value != "no");
    let closed = |key| tags.get(key) == Some("no");
    directed("conveying")
        || directed("oneway:foot")
        || closed("foot:forward")
        || closed("foot:backward")
}

/// Roads without a place for walkers: larger ones whose pavements are mapped beside them, main roads without any, and
/// tunnels.
fn is_for_cars_only(class: WayClass, tags: &Tags<'_>) -> bool {
    let large = matches!(
        class,
        WayClass::Primary | WayClass::Secondary | WayClass::Tertiary
    );
    let road = large || matches!(class, WayClass::Residential | WayClass::Service);
    let bare = class == WayClass::Primary && says_of_sidewalk(tags, &["no", "none"]);
    let pavement_apart = large && says_of_sidewalk(tags, &["separate"]);
    let tunnel = road && tags.get("tunnel") == Some("yes");
    foot(tags).is_none() && !has_sidewalk(tags) && (bare || pavement_apart || tunnel)
}

fn has_sidewalk(tags: &Tags<'_>) -> bool {
    says_of_sidewalk(tags, &["yes", "both", "left", "right"])
}

/// True if the tags of either side, or of both, have one of these values.
fn says_of_sidewalk(tags: &Tags<'_>, values: &[&str]) -> bool {
    [
        "sidewalk",
        "sidewalk:both",
        "sidewalk:left",
        "sidewalk:right",
    ]
    .iter()
    .any(|key| tags.get(key).is_some_and(|value| values.contains(&value)))
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

    fn class_of(pairs: &[(&str, &str)]) -> Option<WayClass> {
        walk_way(&Tags::new(pairs)).map(|way| way.class)
    }

    #[test]
    fn the_law_of_the_way_is_obeyed() {
        for (pairs, expected) in [
            (&[("highway", "footway")][..], Some(WayClass::Footway)),
            (
                &[("highway", "steps"), ("tunnel", "yes")],
                Some(WayClass::Steps),
            ),
            (&[("highway", "service"), ("access", "private")], None),
            (
                &[
                    ("highway", "service"),
                    ("access", "private"),
                    ("foot", "yes"),
                ],
                Some(WayClass::Service),
            ),
            (&[("highway", "residential"), ("foot", "no")], None),
            (&[("highway", "cycleway")], None),
            (
                &[("highway", "cycleway"), ("foot", "designated")],
                Some(WayClass::Cycleway),
            ),
            (&[("highway", "motorway"), ("foot", "yes")], None),
            (&[("highway", "trunk")], None),
            (
                &[("highway", "trunk"), ("sidewalk", "both")],
                Some(WayClass::Primary),
            ),
            (&[("highway", "primary"), ("sidewalk", "separate")], None),
            (
                &[("highway", "residential"), ("sidewalk", "separate")],
                Some(WayClass::Residential),
            ),
            (&[("highway", "secondary"), ("tunnel", "yes")], None),
            (
                &[
                    ("highway", "secondary"),
                    ("tunnel", "yes"),
                    ("sidewalk", "left"),
                ],
                Some(WayClass::Secondary),
            ),
            (&[("highway", "footway"), ("indoor", "yes")], None),
            (&[("highway", "construction")], None),
            (&[("route", "ferry")], None),
            (&[("highway", "path"), ("foot", "customers")], None),
            (&[("highway", "service"), ("access", "psv")], None),
            (
                &[("highway", "path"), ("access", "unknown")],
                Some(WayClass::Path),
            ),
            (
                &[("highway", "cycleway"), ("foot", "yes; designated")],
                Some(WayClass::Cycleway),
            ),
            (
                &[
                    ("highway", "path"),
                    ("access", "no"),
                    ("foot", "permissive"),
                ],
                Some(WayClass::Path),
            ),
            (&[("highway", "steps"), ("conveying", "forward")], None),
            (
                &[("highway", "steps"), ("conveying", "no")],
                Some(WayClass::Steps),
            ),
            (&[("highway", "footway"), ("oneway:foot", "yes")], None),
            (&[("highway", "footway"), ("foot:backward", "no")], None),
            (
                &[("highway", "footway"), ("oneway", "yes")],
                Some(WayClass::Footway),
            ),
            (&[("highway", "path"), ("ice_road", "yes")], None),
            (&[("highway", "primary"), ("sidewalk", "no")], None),
            (
                &[
                    ("highway", "secondary"),
                    ("sidewalk:left", "separate"),
                    ("sidewalk:right", "yes"),
                ],
                Some(WayClass::Secondary),
            ),
            (&[("railway", "platform")], Some(WayClass::Other)),
        ] {
            assert_eq!(class_of(pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_closed_gate_and_a_wall_stop_a_walker() {
        for (pairs, expected) in [
            (&[("barrier", "gate"), ("access", "private")][..], true),
            (
                &[("barrier", "gate"), ("access", "private"), ("foot", "yes")],
                false,
            ),
            (&[("barrier", "gate"), ("foot", "no")], true),
            (&[("barrier", "gate"), ("locked", "yes")], true),
            (&[("barrier", "gate")], false),
            (
                &[("barrier", "lift_gate"), ("motor_vehicle", "private")],
                false,
            ),
            (&[("barrier", "bollard")], false),
            (&[("barrier", "wall")], true),
            (&[("access", "private")], false),
        ] {
            assert_eq!(is_closed_barrier(&Tags::new(pairs)), expected, "{pairs:?}");
        }
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
