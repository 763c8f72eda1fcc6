-- ST_TileEnvelope raises on a tile that does not exist; here it is null, and so shows nothing.
-- A strict function is not inlined, and one that is not was parsed again for each tile. Null comes of null all the same.
CREATE OR REPLACE FUNCTION tile_bounds(z integer, x integer, y integer, margin double precision DEFAULT 0) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN z BETWEEN 0 AND 22 AND least(x, y) >= 0 AND greatest(x, y) < 1 << z
                THEN ST_TileEnvelope(z, x, y, margin => margin) END
$$;
COMMENT ON FUNCTION tile_bounds(integer, integer, integer, double precision) IS 'Web-mercator square of a tile, with a margin as a share of its width; null where there is no such tile.';
