//! A walk as GPX 1.1, in the order of elements that its schema demands.

use std::fmt::{self, Write};

use wildside_engine::Point;

use super::directions::{Direction, directions};
use super::export::{minutes, title};
use super::view::bounds;
use crate::api::places::osm_link;
use crate::db::routes::{Route, RouteStop};
use crate::guidance::Language;

const COPYRIGHT: &str = "https://www.openstreetmap.org/copyright";

/// The document: stops as waypoints, a route from stop to stop, one from instruction to instruction, and the path as a
/// track.
pub fn gpx(route: &Route, stops: &[RouteStop], language: Language) -> String {
    let mut xml = String::with_capacity(2048 + 128 * route.path.len());
    // Writing to a string can't fail.
    let _ = write(&mut xml, route, stops, language);
    xml
}

fn write(xml: &mut String, route: &Route, stops: &[RouteStop], language: Language) -> fmt::Result {
    xml.push_str(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <gpx version=\"1.1\" creator=\"Wildside\" xmlns=\"http://www.topografix.com/GPX/1/1\">",
    );
    let told = directions(route, stops, language);
    let (title, stops) = (escape(&title(route)), numbered(stops));
    metadata(xml, route, &title, &stops)?;
    for stop in &stops {
        waypoint(xml, stop, stops.len())?;
    }
    write!(xml, "<rte><name>{title}</name>")?;
    let (start, end) = (route.path.first(), route.path.last());
    route_point(xml, start, "Start")?;
    for NumberedStop { name, stop } in &stops {
        route_point(xml, Some(&Point::new(stop.lon, stop.lat)), name)?;
    }
    route_point(xml, end, "End")?;
    write!(xml, "</rte>")?;
    turn_by_turn(xml, &title, &told)?;
    write!(xml, "<trk><name>{title}</name><trkseg>")?;
    for point in &route.path {
        write!(xml, "<trkpt {}/>", Position(point))?;
    }
    xml.push_str("</trkseg></trk></gpx>\n");
    Ok(())
}

fn metadata(
    xml: &mut String,
    route: &Route,
    title: &str,
    stops: &[NumberedStop<'_>],
) -> fmt::Result {
    let names: Vec<&str> = stops.iter().map(|stop| stop.name.as_str()).collect();
    let [west, south, east, north] = bounds(&route.path);
    let time = route
        .created_at
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    write!(
        xml,
        "<metadata><name>{title}</name><desc>Stops: {}</desc>\
         <copyright author=\"OpenStreetMap contributors\"><license>{COPYRIGHT}</license></copyright>\
         <link href=\"{COPYRIGHT}\"><text>© OpenStreetMap contributors, ODbL 1.0</text></link>\
         <time>{time}</time><keywords>walk, sightseeing</keywords>\
         <bounds minlat=\"{south}\" minlon=\"{}\" maxlat=\"{north}\" maxlon=\"{}\"/></metadata>",
        names.join(", "),
        longitude(west),
        longitude(east),
    )
}

fn waypoint(
    xml: &mut String,
    NumberedStop { name, stop }: &NumberedStop<'_>,
    stops: usize,
) -> fmt::Result {
    let position = Point::new(stop.lon, stop.lat);
    write!(
        xml,
        "<wpt {}><name>{name}</name><cmt>Stop {} of {stops}, after {} min, for {} min</cmt>",
        Position(&position),
        stop.position,
        minutes(stop.arrive_after_seconds),
        minutes(stop.visit_seconds),
    )?;
    if let Some(narrative) = &stop.narrative {
        write!(xml, "<desc>{}</desc>", escape(narrative))?;
    }
    write!(xml, "<link href=\"{}\"/></wpt>", osm_link(stop.poi_id))
}

fn route_point(xml: &mut String, point: Option<&Point>, name: &str) -> fmt::Result {
    let Some(point) = point else { return Ok(()) };
    write!(
        xml,
        "<rtept {}><name>{name}</name></rtept>",
        Position(point)
    )
}

/// A route with a point for each instruction.
fn turn_by_turn(xml: &mut String, title: &str, told: &[Direction]) -> fmt::Result {
    let Some(last) = told.len().checked_sub(1) else {
        return Ok(());
    };
    write!(xml, "<rte><name>{title}, turn by turn</name>")?;
    for (number, direction) in told.iter().enumerate() {
        let name = match number {
            0 => "Start".to_owned(),
            _ if number == last => "End".to_owned(),
            _ => number.to_string(),
        };
        write!(
            xml,
            "<rtept {}><name>{name}</name><desc>{}</desc></rtept>",
            Position(&direction.location),
            escape(&direction.text),
        )?;
    }
    write!(xml, "</rte>")
}

/// A stop and its name with its number, ready for XML.
struct NumberedStop<'a> {
    name: String,
    stop: &'a RouteStop,
}

/// Numbers of one width, so that apps that sort by name keep the order.
fn numbered(stops: &[RouteStop]) -> Vec<NumberedStop<'_>> {
    let width = stops.len().to_string().len();
    let numbered = stops.iter().map(|stop| {
        let name = stop.name.as_deref().unwrap_or_default();
        let name = format!("{:0width$} {}", stop.position, escape(name));
        let name = name.trim_end().to_owned();
        NumberedStop { name, stop }
    });
    numbered.collect()
}

/// The attributes of a point.
struct Position<'a>(&'a Point);

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { lon, lat } = *self.0;
        write!(f, "lat=\"{lat}\" lon=\"{}\"", longitude(lon))
    }
}

/// In GPX the antimeridian is in the far west only.
fn longitude(degrees: f64) -> f64 {
    if degrees >= 180.0 { -180.0 } else { degrees }
}

/// Text for XML 1.0, which has no place for most control characters.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_can_break_nothing() {
        assert_eq!(
            escape("Café <Zoë> & ]]> \u{0}\u{7}展望台\u{ffff}"),
            "Café &lt;Zoë&gt; &amp; ]]&gt; 展望台"
        );
    }
}
