//! The base map: streets, paths, green, water, buildings and names, to be drawn under a walk.

use wildside_engine::Point;
use wildside_engine::places::Tags;

use super::geometry::is_ring;

/// One thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct BaseFeature {
    /// Its id, with the type folded in like that of a place.
    pub id: i64,
    /// Class by which it is drawn (`street`, `park`, `building`, …).
    pub class: &'static str,
    /// Its name, if any.
    pub name: Option<String>,
    /// The zoom from which on it is worth drawing.
    pub min_zoom: i16,
    /// Its geometry.
    pub shape: Shape,
}

/// The shape of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A name's place.
    Point(Point),
    /// A street, a path, a stream.
    Line(Vec<Point>),
    /// The rings of an area, in any order and direction; what is inside an odd number of them belongs to it.
    Rings(Vec<Vec<Point>>),
}

/// Style of something before its shape is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Line { class: &'static str, min_zoom: i16 },
    Area { class: &'static str },
}

/// The style of a way or multipolygon; `None`: it is not drawn.
pub(crate) fn style(tags: &Tags<'_>, closed: bool) -> Option<Style> {
    if closed && let Some(class) = area_class(tags) {
        return Some(Style::Area { class });
    }
    let (class, min_zoom) = line_class(tags)?;
    Some(Style::Line { class, min_zoom })
}

fn area_class(tags: &Tags<'_>) -> Option<&'static str> {
    if tags
        .get("building")
        .is_some_and(|building| building != "no")
    {
        return Some("building");
    }
    let square = tags.get("area") == Some("yes") || tags.get("type") == Some("multipolygon");
    match (tags.get("highway"), tags.get("man_made")) {
        (Some("pedestrian" | "footway"), _) if square => return Some("square"),
        (_, Some("pier" | "quay" | "breakwater")) => return Some("pier"),
        _ => {}
    }
    natural_class(tags).or_else(|| leisure_class(tags))
}

fn leisure_class(tags: &Tags<'_>) -> Option<&'static str> {
    match (tags.get("leisure"), tags.get("landuse")) {
        (
            Some("park" | "garden" | "nature_reserve" | "golf_course" | "playground" | "dog_park"),
            _,
        )
        | (_, Some("village_green" | "recreation_ground")) => Some("park"),
        (Some("pitch" | "stadium" | "sports_centre" | "track"), _) => Some("pitch"),
        (_, Some("forest")) => Some("wood"),
        (_, Some("grass" | "meadow" | "allotments" | "orchard" | "vineyard" | "flowerbed")) => {
            Some("grass")
        }
        (_, Some("cemetery")) => Some("cemetery"),
        (_, Some("reservoir" | "basin")) => Some("water"),
        _ if tags.get("amenity") == Some("grave_yard") => Some("cemetery"),
        _ if tags.get("place") == Some("square") => Some("square"),
        _ => None,
    }
}

fn natural_class(tags: &Tags<'_>) -> Option<&'static str> {
    match (tags.get("natural"), tags.get("waterway")) {
        (Some("water"), _) | (_, Some("riverbank" | "dock")) => Some("water"),
        (Some("wood"), _) => Some("wood"),
        (Some("scrub" | "heath" | "grassland" | "wetland" | "fell"), _) => Some("grass"),
        (Some("beach" | "sand" | "shingle"), _) => Some("beach"),
        _ => None,
    }
}

fn line_class(tags: &Tags<'_>) -> Option<(&'static str, i16)> {
    if let Some(highway) = tags.get("highway") {
        return street_class(highway);
    }
    let underground = tags.get("tunnel").is_some_and(|tunnel| tunnel != "no");
    match (
        tags.get("railway"),
        tags.get("waterway"),
        tags.get("natural"),
    ) {
        (Some("rail" | "light_rail" | "narrow_gauge" | "monorail" | "funicular"), ..)
            if !underground =>
        {
            Some(("rail", 10))
        }
        (Some("tram"), ..) if !underground => Some(("tram", 14)),
        (_, Some("river" | "canal"), _) if !underground => Some(("river", 9)),
        (_, Some("stream" | "ditch" | "drain"), _) if !underground => Some(("stream", 13)),
        (.., Some("coastline")) => Some(("coastline", 6)),
        _ if matches!(tags.get("man_made"), Some("pier" | "breakwater")) => Some(("pier", 13)),
        _ if tags.get("barrier") == Some("city_wall") => Some(("wall", 14)),
        _ => None,
    }
}

fn street_class(highway: &str) -> Option<(&'static str, i16)> {
    let highway = highway.strip_suffix("_link").unwrap_or(highway);
    Some(match highway {
        "motorway" => ("motorway", 6),
        "trunk" => ("trunk", 7),
        "primary" => ("primary", 8),
        "secondary" => ("secondary", 10),
        "tertiary" => ("tertiary", 11),
        "residential" | "unclassified" | "living_street" | "road" => ("street", 12),
        "pedestrian" => ("pedestrian", 13),
        "service" | "track" => ("service", 14),
        "footway" | "path" | "cycleway" | "bridleway" => ("path", 14),
        "steps" => ("steps", 15),
        _ => return None,
    })
}

/// The class of a named node and the zoom from which its name is shown.
pub(crate) fn label(tags: &Tags<'_>) -> Option<(&'static str, i16)> {
    tags.get("name")?;
    Some(match tags.get("place")? {
        "city" => ("city", 4),
        "town" => ("town", 8),
        "island" => ("island", 10),
        "village" | "suburb" => ("suburb", 11),
        "quarter" | "hamlet" | "neighbourhood" | "borough" => ("quarter", 13),
        "square" | "locality" => ("locality", 15),
        _ => return None,
    })
}

/// Metres of one pixel at zoom 0, on the equator.
const METRES_PER_PIXEL: f64 = 156_543.0;

/// The zoom at which an area of that many square metres covers some 4 × 4 pixels.
pub(crate) fn area_min_zoom(class: &str, square_metres: f64) -> i16 {
    let zoom = (METRES_PER_PIXEL * 4.0 / square_metres.sqrt().max(1.0))
        .log2()
        .ceil() as i16;
    zoom.clamp(if class == "building" { 13 } else { 6 }, 15)
}

/// The shapes of a way whose nodes are at these points (`None`: missing from the file).
pub(crate) fn way_shapes(style: Style, points: &[Option<Point>]) -> Vec<Shape> {
    match style {
        Style::Area { .. } => {
            let ring: Option<Vec<Point>> = points.iter().copied().collect();
            let ring = ring.filter(|ring| is_ring(ring));
            ring.map(|ring| Shape::Rings(vec![ring]))
                .into_iter()
                .collect()
        }
        Style::Line { .. } => {
            let runs = points.split(Option::is_none);
            let runs = runs.filter(|run| run.len() > 1);
            runs.map(|run| Shape::Line(run.iter().copied().flatten().collect()))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(pairs: &[(&str, &str)], closed: bool) -> Option<&'static str> {
        style(&Tags::new(pairs), closed).map(|style| match style {
            Style::Line { class, .. } | Style::Area { class } => class,
        })
    }

    #[test]
    fn things_are_drawn_by_what_they_are() {
        assert_eq!(drawn(&[("building", "yes")], true), Some("building"));
        assert_eq!(drawn(&[("building", "yes")], false), None);
        assert_eq!(
            drawn(&[("highway", "pedestrian"), ("area", "yes")], true),
            Some("square")
        );
        assert_eq!(
            drawn(&[("highway", "pedestrian")], true),
            Some("pedestrian")
        );
        assert_eq!(
            drawn(&[("highway", "primary_link")], false),
            Some("primary")
        );
        assert_eq!(
            drawn(&[("railway", "rail"), ("tunnel", "yes")], false),
            None
        );
        assert_eq!(drawn(&[("natural", "water")], true), Some("water"));
    }

    #[test]
    fn the_larger_the_sooner_it_is_shown() {
        assert!(area_min_zoom("park", 1e6) < area_min_zoom("park", 1e3));
        assert_eq!(area_min_zoom("building", 1e9), 13);
        assert_eq!(area_min_zoom("park", 0.0), 15);
    }

    #[test]
    fn a_line_is_broken_where_a_node_is_missing_and_a_ring_is_left_out() {
        let at = |lon: f64| Some(Point::new(lon, 0.0));
        let points = [
            at(0.0),
            at(1.0),
            None,
            at(3.0),
            at(4.0),
            at(5.0),
            None,
            at(9.0),
        ];
        let line = Style::Line {
            class: "street",
            min_zoom: 12,
        };
        assert_eq!(way_shapes(line, &points).len(), 2);
        assert!(way_shapes(Style::Area { class: "park" }, &points).is_empty());
    }
}
