CREATE OR REPLACE FUNCTION pois_in_tile(z integer, x integer, y integer) RETURNS SETOF pois
LANGUAGE sql STABLE PARALLEL SAFE ROWS 500
AS $$
    SELECT * FROM pois
    WHERE removed_at IS NULL AND location && ST_Transform(tile_bounds(z, x, y, 1.0 / 64), 4326)::geography
    ORDER BY popularity_score DESC NULLS LAST, id
    LIMIT 1500
$$;
COMMENT ON FUNCTION pois_in_tile(integer, integer, integer) IS 'The places a tile from zoom 14 on shows: all, but for the least popular where they are too many for one tile.';
