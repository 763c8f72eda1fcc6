-- A city of eight by eight streets, 100 m apart, with a place to see at every third corner.
INSERT INTO areas (name, boundary, source_digest)
VALUES ('city', ST_Multi(ST_MakeEnvelope(7.40, 43.72, 7.45, 43.75, 4326)), 'none');

CREATE TEMPORARY TABLE corners AS
SELECT x * 8 + y AS id, x, y, ST_SetSRID(ST_MakePoint(7.42 + x * 0.00125, 43.73 + y * 0.0009), 4326) AS location
FROM generate_series(0, 7) AS x, generate_series(0, 7) AS y;

-- The square of a corner in the grid at zoom 14.
ALTER TABLE corners ADD cell INTEGER;
UPDATE corners SET cell =
    (floor((ST_X(location) + 180) / 360 * 16384)::integer << 14)
    | floor((1 - asinh(tan(radians(ST_Y(location)))) / pi()) / 2 * 16384)::integer;

INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom)
SELECT areas.id, a.id * 100 + b.id, 0, a.cell, a.id, b.id, 100, 'street', false, ST_MakeLine(a.location, b.location)
FROM areas, corners a JOIN corners b ON (b.x, b.y) IN ((a.x + 1, a.y), (a.x, a.y + 1));

INSERT INTO pois (id, location, name, kind, osm_tags)
SELECT id * 10 + 1, location, 'View ' || id, 'viewpoint', '{"tourism": "viewpoint"}' FROM corners WHERE id % 3 = 0;
INSERT INTO poi_interest_themes (poi_id, theme_id)
SELECT pois.id, themes.id FROM pois, (SELECT id FROM interest_themes ORDER BY name LIMIT 1) AS themes;
