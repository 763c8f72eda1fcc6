-- Same numbering as walk_edges.cell, which is at zoom 14. An index calls it, wherever PostGIS is and whatever the search path:
-- its body is parsed here, once, and not by each caller.
CREATE FUNCTION poi_cell(location geography) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN floor((ST_X(location::geometry) + 180) / 360 * 32768)::integer << 15
     | floor((1 - asinh(tan(radians(ST_Y(location::geometry)))) / pi()) / 2 * 32768)::integer;
COMMENT ON FUNCTION poi_cell(geography) IS 'Square of the web-mercator grid at zoom 15, some 600 m wide in the middle latitudes: x << 15 | y.';

CREATE INDEX pois_cell_popularity_idx ON pois (poi_cell(location), popularity_score DESC NULLS LAST, id)
    WHERE removed_at IS NULL;

-- Below zoom 14 each cell shows its most popular few: even over town and country, few at any density, read from the index
-- above, and what a zoom shows the next one shows too.
CREATE FUNCTION pois_in_cells(z integer, x integer, y integer) RETURNS SETOF pois
LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
AS $$
    SELECT p.*
    FROM generate_series(x << (15 - z), ((x + 1) << (15 - z)) - 1) AS cell_x,
         generate_series(y << (15 - z), ((y + 1) << (15 - z)) - 1) AS cell_y,
         LATERAL (
             SELECT * FROM pois
             WHERE removed_at IS NULL AND poi_cell(location) = cell_x << 15 | cell_y
             ORDER BY popularity_score DESC NULLS LAST, id
             LIMIT (ARRAY[1, 2, 8, 32])[z - 9]
         ) AS p
$$;
COMMENT ON FUNCTION pois_in_cells(integer, integer, integer) IS 'The places a tile of zoom 10 to 13 shows.';

CREATE FUNCTION pois_in_tile(z integer, x integer, y integer) RETURNS SETOF pois
LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
AS $$
    SELECT * FROM pois
    WHERE removed_at IS NULL AND location && ST_Transform(tile_bounds(z, x, y, 1.0 / 64), 4326)::geography
    ORDER BY popularity_score DESC NULLS LAST, id
    LIMIT 1500
$$;
COMMENT ON FUNCTION pois_in_tile(integer, integer, integer) IS 'The places a tile from zoom 14 on shows: all, but for the least popular where they are too many for one tile.';

-- Compiling the query, or starting workers for it, would take longer than running it.
CREATE FUNCTION poi_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off SET max_parallel_workers_per_gather = 0
AS $$
    SELECT ST_AsMVT(poi, 'pois')
    FROM (
        SELECT p.id, p.popularity_score, p.name, theme.name AS theme,
               ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), tile_bounds(z, x, y), 4096, 64) AS geom
        FROM (
            SELECT * FROM pois_in_cells(z, x, y) WHERE z BETWEEN 10 AND 13
            UNION ALL
            SELECT * FROM pois_in_tile(z, x, y) WHERE z >= 14
        ) AS p
        LEFT JOIN LATERAL (
            SELECT theme_id FROM poi_interest_themes WHERE poi_id = p.id ORDER BY weight DESC, theme_id LIMIT 1
        ) AS strongest ON true
        LEFT JOIN interest_themes theme ON theme.id = strongest.theme_id
    ) AS poi
    WHERE geom IS NOT NULL
$$;
COMMENT ON FUNCTION poi_tile(integer, integer, integer) IS '{"description": "Places worth a stop, fewer below zoom 14.", "attribution": "© OpenStreetMap contributors", "minzoom": 10, "maxzoom": 18, "vector_layers": [{"id": "pois", "fields": {"id": "Number", "popularity_score": "Number", "name": "String", "theme": "String"}}]}';

REVOKE EXECUTE ON FUNCTION poi_tile(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION poi_tile(integer, integer, integer) TO martin_ro;
GRANT SELECT ON pois, poi_interest_themes, interest_themes TO martin_ro;
