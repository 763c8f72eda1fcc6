//! Which ways a pedestrian may use, and what is known about them.

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
    if is_forbidden(tags) || is_indoors(tags) || is_for_cars_only(class, tags) {
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

/// What `foot=*` says, if anything plain.
fn foot(tags: &Tags<'_>) -> Option<bool> {
    match tags.get("foot")? {
        "yes" | "designated" | "permissive" | "official" | "destination" => Some(true),
        "no" | "private" | "use_sidepath" => Some(false),
        _ => None,
    }
}

/// `foot` decides; where it is silent, `access` does.
fn is_forbidden(tags: &Tags<'_>) -> bool {
    let closed = || {
        let closed = [
            "no",
            "private",
            "military",
            "forestry",
            "agricultural",
            "emergency",
            "permit",
            "customers",
        ];
        tags.get("access")
            .is_some_and(|access| closed.contains(&access))
    };
    let forbidden = foot(tags).map_or_else(closed, |allowed| !allowed);
    let mountaineering = tags
        .get("sac_scale")
        .is_some_and(|s| s.contains("demanding") || s.contains("alpine"));
    forbidden || mountaineering || tags.get("motorroad") == Some("yes")
}

fn is_indoors(tags: &Tags<'_>) -> bool {
    tags.get("indoor").is_some_and(|indoor| indoor != "no")
}

/// Larger roads whose pavements are mapped beside them, and road tunnels without any.
fn is_for_cars_only(class: WayClass, tags: &Tags<'_>) -> bool {
    let large = matches!(
        class,
        WayClass::Primary | WayClass::Secondary | WayClass::Tertiary
    );
    let pavement_apart = [
        "sidewalk",
        "sidewalk:both",
        "sidewalk:left",
        "sidewalk:right",
    ]
    .iter()
    .any(|key| tags.get(key) == Some("separate"));
    let road = large || matches!(class, WayClass::Residential | WayClass::Service);
    let tunnel = tags.get("tunnel") == Some("yes") && !has_sidewalk(tags);
    foot(tags).is_none() && ((large && pavement_apart) || (road && tunnel))
}

fn has_sidewalk(tags: &Tags<'_>) -> bool {
    let present = |key| matches!(tags.get(key), Some("yes" | "both" | "left" | "right"));
    [
        "sidewalk",
        "sidewalk:both",
        "sidewalk:left",
        "sidewalk:right",
    ]
    .into_iter()
    .any(present)
}

fn lit(tags: &Tags<'_>) -> Lit {
    match tags.get("lit") {
        None => Lit::Unknown,
        Some("no" | "disused") => Lit::No,
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
            (&[("railway", "platform")], Some(WayClass::Other)),
        ] {
            assert_eq!(class_of(pairs), expected, "{pairs:?}");
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
