-- The most popular places in a box, whatever the box and however many places are in it.
-- A few are all looked at. A crowd is looked at square by square: the most popular of each, by the index of its grid.
-- $1 west, $2 south, $3 east, $4 north; $5 theme or null; $6 places at most.
-- $7 squares of the grid at zoom 15, or else $8 squares of that at zoom 9; $9 places of each square; $10 keys of names by language,
-- the best first.
WITH few AS MATERIALIZED (
    SELECT id, location, popularity_score FROM pois
    WHERE location && ST_MakeEnvelope($1, $2, $3, $4, 4326)::geography AND removed_at IS NULL
    LIMIT 1001
), crowd AS (
    SELECT count(*) > 1000 AS is_there FROM few
), candidates AS (
    SELECT * FROM few WHERE NOT (SELECT is_there FROM crowd)
    UNION ALL
    SELECT best.*
    FROM unnest($7) AS square CROSS JOIN LATERAL (
        SELECT id, location, popularity_score FROM pois
        WHERE poi_cell(location) = square AND removed_at IS NULL
        ORDER BY popularity_score DESC NULLS LAST, id LIMIT $9
    ) AS best
    WHERE (SELECT is_there FROM crowd)
    UNION ALL
    SELECT best.*
    FROM unnest($8) AS square CROSS JOIN LATERAL (
        SELECT id, location, popularity_score FROM pois
        WHERE poi_region(location) = square AND removed_at IS NULL
        ORDER BY popularity_score DESC NULLS LAST, id LIMIT $9
    ) AS best
    WHERE (SELECT is_there FROM crowd)
), chosen AS (
    SELECT id FROM candidates
    WHERE location::geometry && ST_MakeEnvelope($1, $2, $3, $4, 4326)
      -- No EXISTS: that may be answered by reading all places of the theme on earth.
      AND ($5 IS NULL OR (SELECT true FROM poi_interest_themes WHERE poi_id = candidates.id AND theme_id = $5))
    ORDER BY popularity_score DESC NULLS LAST, id LIMIT $6
)
SELECT pois.id, COALESCE(NULLIF(osm_tags ->> $10[1], ''), NULLIF(osm_tags ->> $10[2], ''), name) AS name, kind, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat, osm_tags, narrative,
       popularity_score, ARRAY(SELECT theme_id FROM poi_interest_themes WHERE poi_id = pois.id ORDER BY theme_id) AS theme_ids
FROM chosen JOIN pois USING (id)
ORDER BY popularity_score DESC NULLS LAST, id
