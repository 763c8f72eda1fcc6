/// SQL that loads a city of eight by eight streets with a place to see at every third corner.
pub const CITY: &str = include_str!("city.sql");

/// SQL that loads an area with one street along `path`, such as `LINESTRING(7.42 43.73, 7.422 43.73)`.
pub fn street(path: &str) -> String {
    format!(
        "INSERT INTO areas (name, boundary, source_digest) \
             VALUES ('street', ST_Multi(ST_MakeEnvelope(7.40, 43.72, 7.44, 43.75, 4326)), 'none'); \
         INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom) \
             SELECT id, 1, 0, 0, 1, 2, 160, 'street', false, ST_GeomFromText('{path}', 4326) FROM areas;"
    )
}
