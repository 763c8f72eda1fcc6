-- OpenStreetMap has coastlines, land to their left, but no sea. It is what they cut off the area's box on their right.
DO $$
BEGIN
    INSERT INTO ingest.base_areas (area_id, osm_id, class, min_zoom, geom, overview)
    WITH frame AS (
        SELECT ST_Envelope(ST_Transform(ST_GeomFromText('{boundary}', 4326), 3857)) AS box
    ),
    coast AS (
        SELECT ST_Intersection(geom, box) AS geom
        FROM ingest.base_lines CROSS JOIN frame
        WHERE area_id = {area} AND class = 'coastline' AND ST_Intersects(geom, box)
    ),
    merged AS (
        SELECT (ST_Dump(ST_LineMerge(ST_Collect(geom), true))).geom FROM coast
    ),
    -- Where the extract ends short of the box, on by the shortest way.
    closed AS (
        SELECT geom FROM merged
        UNION ALL
        SELECT ST_ShortestLine(tip, ST_Boundary(box))
        FROM frame, merged
        CROSS JOIN LATERAL unnest(ARRAY[ST_StartPoint(geom), ST_EndPoint(geom)]) AS tip
        WHERE NOT ST_IsClosed(geom)
    ),
    pieces AS (
        SELECT (ST_Dump(ST_Polygonize(ST_Union(ST_Boundary(box), (SELECT ST_Union(geom) FROM closed))))).geom
        FROM frame
        GROUP BY box
    ),
    segments AS (
        SELECT ST_StartPoint(segment.geom) AS tail, ST_EndPoint(segment.geom) AS tip
        FROM coast
        CROSS JOIN LATERAL ST_DumpSegments(coast.geom) AS segment
        WHERE ST_Length(segment.geom) > 2
        ORDER BY ST_Length(segment.geom) DESC
        LIMIT 1000
    ),
    -- One metre to the right and to the left of the middle of each segment.
    sides AS MATERIALIZED (
        SELECT
            ST_Translate(ST_LineInterpolatePoint(line, 0.5), dy, -dx) AS sea,
            ST_Translate(ST_LineInterpolatePoint(line, 0.5), -dy, dx) AS land
        FROM (
            SELECT
                ST_MakeLine(tail, tip) AS line,
                (ST_X(tip) - ST_X(tail)) / ST_Distance(tail, tip) AS dx,
                (ST_Y(tip) - ST_Y(tail)) / ST_Distance(tail, tip) AS dy
            FROM segments
        ) AS directions
    )
    SELECT {area}, 0, 'water', 6, ST_Multi(geom), ST_Multi(ST_SimplifyPreserveTopology(geom, 19))
    FROM pieces
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE ST_Contains(geom, sea)) AS wet,
            count(*) FILTER (WHERE ST_Contains(geom, land)) AS dry
        FROM sides
    ) AS votes
    WHERE wet > 4 * dry;
EXCEPTION
    -- A coastline that crosses itself costs the map its sea, not the load.
    WHEN internal_error THEN RAISE NOTICE 'no sea could be made: %', SQLERRM;
END
$$
