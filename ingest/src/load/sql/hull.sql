-- What the streets cover: their hull, not too tight, and a little more so that one may start beside the last of them.
SELECT ST_AsText(ST_Multi(ST_SimplifyPreserveTopology(
    ST_Buffer(ST_ConcaveHull(ST_Collect(ST_SetSRID(ST_MakePoint(lon, lat), 4326)), 0.3)::geography, greatest(150, $3::float8))::geometry,
    0.0002
)))
FROM unnest($1::float8[], $2::float8[]) AS corner (lon, lat)
