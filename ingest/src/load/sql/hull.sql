-- What the streets cover: their hull, not too tight, and a little more so that one may start beside the last of them.
-- Near the antimeridian longitudes are counted from there, as if it were Greenwich, and the hull is cut at it.
WITH frame AS (
    SELECT CASE WHEN max(abs(lon)) > 179 THEN 180 ELSE 0 END AS middle FROM unnest($1::float8[]) AS lon
), hull AS (
    SELECT middle, ST_SimplifyPreserveTopology(
        ST_Buffer(ST_ConcaveHull(ST_Collect(ST_SetSRID(
            ST_MakePoint(lon - middle - 360 * round((lon - middle) / 360), lat), 4326
        )), 0.3)::geography, greatest(150, $3::float8))::geometry,
        0.0002
    ) AS ground
    FROM frame, unnest($1::float8[], $2::float8[]) AS corner (lon, lat)
    GROUP BY middle
)
SELECT ST_AsText(ST_Multi(CASE middle
    WHEN 0 THEN ground
    ELSE ST_CollectionExtract(ST_WrapX(ST_Translate(ground, middle, 0), 180, -360), 3)
END))
FROM hull
