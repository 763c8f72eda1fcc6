//! The area that a load covers.

use geojson::{GeoJson, Geometry, GeometryValue, PolygonType};
use wildside_engine::Point;

/// One polygon or several, with holes: a point is inside when an odd number of rings goes around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon {
    /// Each polygon is a list of closed rings, the outer one first.
    polygons: Vec<Vec<Vec<Point>>>,
    south_west: Point,
    north_east: Point,
}

/// Error of a text that gives no area.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// Not `GeoJSON` at all.
    #[error("it is not GeoJSON: {0}")]
    NotGeoJson(String),
    /// `GeoJSON` without a polygon, or with something else beside it.
    #[error("it must hold polygons and nothing else, but has a {0}")]
    NotPolygon(&'static str),
    /// A ring that encloses nothing.
    #[error("a ring needs at least four positions, the last one like the first")]
    OpenRing,
    /// A position that is nowhere on the earth.
    #[error("longitude {lon}, latitude {lat} is not on the earth (GeoJSON says longitude first)")]
    OutOfRange {
        /// As written.
        lon: String,
        /// As written.
        lat: String,
    },
}

impl Polygon {
    /// Reads the polygons of a `GeoJSON` geometry, feature or feature collection.
    ///
    /// # Errors
    /// [`AreaError`] says what is wrong with the text.
    pub fn from_geojson(text: &str) -> Result<Self, AreaError> {
        let json: GeoJson = text
            .parse()
            .map_err(|fault: geojson::Error| AreaError::NotGeoJson(fault.to_string()))?;
        let geometries: Vec<Geometry> = match json {
            GeoJson::Geometry(geometry) => vec![geometry],
            GeoJson::Feature(feature) => feature.geometry.into_iter().collect(),
            GeoJson::FeatureCollection(all) => all.into_iter().filter_map(|f| f.geometry).collect(),
        };
        let mut polygons = Vec::new();
        for geometry in geometries {
            match geometry.value {
                GeometryValue::Polygon { coordinates } => polygons.push(rings(coordinates)?),
                GeometryValue::MultiPolygon { coordinates } => {
                    for polygon in coordinates {
                        polygons.push(rings(polygon)?);
                    }
                }
                other => return Err(AreaError::NotPolygon(other.type_name())),
            }
        }
        Self::new(polygons).ok_or(AreaError::NotPolygon("hole where it should be"))
    }

    /// A polygon from closed rings; `None` when there are none.
    fn new(polygons: Vec<Vec<Vec<Point>>>) -> Option<Self> {
        let all = || polygons.iter().flatten().flatten();
        let first = *all().next()?;
        let (south_west, north_east) = all().fold((first, first), |(sw, ne), p| {
            (
                Point::new(sw.lon.min(p.lon), sw.lat.min(p.lat)),
                Point::new(ne.lon.max(p.lon), ne.lat.max(p.lat)),
            )
        });
        Some(Self {
            polygons,
            south_west,
            north_east,
        })
    }

    /// True if `point` is inside.
    pub fn contains(&self, point: Point) -> bool {
        let in_box = (self.south_west.lon..=self.north_east.lon).contains(&point.lon)
            && (self.south_west.lat..=self.north_east.lat).contains(&point.lat);
        let crossings = || {
            let edges = self
                .polygons
                .iter()
                .flatten()
                .flat_map(|ring| ring.windows(2));
            edges
                .filter(|edge| crosses(edge[0], edge[1], point))
                .count()
        };
        in_box && crossings() % 2 == 1
    }

    /// True if `point` is in the bounding box widened by so many degrees.
    pub(crate) fn is_near(&self, point: Point, margin_degrees: f64) -> bool {
        let within = |v: f64, low: f64, high: f64| {
            (low - margin_degrees..=high + margin_degrees).contains(&v)
        };
        within(point.lon, self.south_west.lon, self.north_east.lon)
            && within(point.lat, self.south_west.lat, self.north_east.lat)
    }

    /// The area as a well-known text `MULTIPOLYGON`.
    pub fn to_wkt(&self) -> String {
        let position = |p: &Point| format!("{} {}", p.lon, p.lat);
        let ring = |ring: &Vec<Point>| {
            let positions: Vec<_> = ring.iter().map(position).collect();
            format!("({})", positions.join(","))
        };
        let polygon = |rings: &Vec<Vec<Point>>| {
            let rings: Vec<_> = rings.iter().map(ring).collect();
            format!("({})", rings.join(","))
        };
        let polygons: Vec<_> = self.polygons.iter().map(polygon).collect();
        format!("MULTIPOLYGON({})", polygons.join(","))
    }
}

/// True if a ray from `point` to the east crosses the edge from `a` to `b`.
pub(crate) fn crosses(a: Point, b: Point, point: Point) -> bool {
    (a.lat > point.lat) != (b.lat > point.lat)
        && point.lon < (b.lon - a.lon) * (point.lat - a.lat) / (b.lat - a.lat) + a.lon
}

fn rings(polygon: PolygonType) -> Result<Vec<Vec<Point>>, AreaError> {
    polygon
        .into_iter()
        .map(|ring| {
            let ring = ring
                .iter()
                .map(|position| point(position.as_slice()))
                .collect::<Result<Vec<_>, _>>()?;
            let closed = ring.len() >= 4 && ring.first() == ring.last();
            closed.then_some(ring).ok_or(AreaError::OpenRing)
        })
        .collect()
}

fn point(position: &[f64]) -> Result<Point, AreaError> {
    let &[lon, lat, ..] = position else {
        return Err(AreaError::OpenRing);
    };
    let on_earth = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    on_earth
        .then(|| Point::new(lon, lat))
        .ok_or_else(|| AreaError::OutOfRange {
            lon: lon.to_string(),
            lat: lat.to_string(),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const WITH_HOLE: &str = r#"{"type":"Polygon","coordinates":[
        [[0,0],[10,0],[10,10],[0,10],[0,0]], [[4,4],[6,4],[6,6],[4,6],[4,4]]]}"#;

    #[test]
    fn inside_is_inside_and_a_hole_is_not() {
        let area = Polygon::from_geojson(WITH_HOLE).unwrap();
        assert!(area.contains(Point::new(2.0, 2.0)));
        assert!(!area.contains(Point::new(5.0, 5.0)));
        assert!(!area.contains(Point::new(11.0, 5.0)));
        assert!(area.is_near(Point::new(10.5, 5.0), 1.0));
    }

    #[test]
    fn features_and_collections_are_read_too() {
        let feature = format!(r#"{{"type":"Feature","properties":{{}},"geometry":{WITH_HOLE}}}"#);
        let all = format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#);
        let area = Polygon::from_geojson(WITH_HOLE).unwrap();
        assert_eq!(Polygon::from_geojson(&feature).unwrap(), area);
        assert_eq!(Polygon::from_geojson(&all).unwrap(), area);
        assert!(area.to_wkt().starts_with("MULTIPOLYGON(((0 0,10 0,"));
    }

    #[test]
    fn what_is_no_area_is_refused_with_its_reason() {
        let fault = |text: &str| Polygon::from_geojson(text).unwrap_err().to_string();
        assert!(fault("hello").contains("not GeoJSON"));
        assert!(fault(r#"{"type":"Point","coordinates":[1,2]}"#).contains("Point"));
        assert!(fault(r#"{"type":"FeatureCollection","features":[]}"#).contains("polygons"));
        let ring = |ring: &str| fault(&format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#));
        assert!(ring("[[0,0],[1,1],[0,1]]").contains("four positions"));
        assert!(ring("[[0,0],[1,100],[0,1],[0,0]]").contains("latitude 100"));
    }
}
