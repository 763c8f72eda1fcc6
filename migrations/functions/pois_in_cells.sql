-- Below zoom 14 each cell shows its most popular few: even over town and country, few at any density, read from the index
-- pois_cell_popularity_idx, and what a zoom shows the next one shows too.
CREATE OR REPLACE FUNCTION pois_in_cells(z integer, x integer, y integer) RETURNS SETOF pois
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
