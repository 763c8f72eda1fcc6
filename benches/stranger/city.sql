-- A region with 500,000 places, the streets of a city of six by six kilometres in it, and a street far away.
SELECT setseed(0.5);
SET session_replication_role = replica;

INSERT INTO areas (name, boundary, source_digest)
VALUES ('region', ST_Multi(ST_MakeEnvelope(23.9, 59.2, 25.9, 61.2, 4326)), 'none'),
       ('elsewhere', ST_Multi(ST_MakeEnvelope(7.40, 43.72, 7.45, 43.75, 4326)), 'none');

CREATE TEMPORARY TABLE corners AS
SELECT place.name AS area, x * 100 + y AS id, x, y,
       ST_SetSRID(ST_MakePoint(lon + x * 0.0018, lat + y * 0.0009), 4326) AS location
FROM (VALUES ('region', 24.90, 60.15, 60), ('elsewhere', 7.42, 43.73, 4)) AS place (name, lon, lat, size),
     generate_series(0, size - 1) AS x, generate_series(0, size - 1) AS y;

-- The square of a corner in the grid at zoom 14.
ALTER TABLE corners ADD cell INTEGER;
UPDATE corners SET cell =
    (floor((ST_X(location) + 180) / 360 * 16384)::integer << 14)
    | floor((1 - asinh(tan(radians(ST_Y(location)))) / pi()) / 2 * 16384)::integer;

INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, name, geom)
SELECT areas.id, a.id * 10000 + b.id, 0, a.cell, a.id, b.id, 100, 'street', false, 'Street ' || a.x,
       ST_MakeLine(a.location, b.location)
FROM areas
JOIN corners a ON a.area = areas.name
JOIN corners b ON a.area = b.area AND (b.x, b.y) IN ((a.x + 1, a.y), (a.x, a.y + 1));

-- Every hundredth place is in the city.
INSERT INTO pois (id, location, name, kind, osm_tags, popularity_score)
SELECT n * 10 + 1,
       CASE WHEN n % 100 = 0 THEN ST_MakePoint(24.90 + random() * 0.106, 60.15 + random() * 0.053)
            ELSE ST_MakePoint(23.9 + random() * 2, 59.2 + random() * 2) END,
       'Place ' || n, (ARRAY['viewpoint', 'cafe', 'artwork', 'museum'])[1 + n % 4],
       jsonb_build_object('tourism', 'viewpoint', 'name', 'Place ' || n, 'website', 'https://place.example/' || n,
                          'opening_hours', 'Mo-Su 10:00-18:00', 'wikidata', 'Q' || n),
       random()
FROM generate_series(1, 500000) AS n;

INSERT INTO poi_interest_themes (poi_id, theme_id)
SELECT n * 10 + 1, themes.ids[1 + n % cardinality(themes.ids)]
FROM generate_series(1, 500000) AS n, (SELECT array_agg(id ORDER BY id) AS ids FROM interest_themes) AS themes;
