WITH gone AS (
    SELECT id, EXISTS (SELECT FROM route_pois WHERE poi_id = id) AS visited
    FROM pois
    JOIN poi_interest_themes ON poi_id = id AND theme_id = $5
    WHERE area_id IS NULL
        AND removed_at IS NULL
        AND location && ST_MakeEnvelope($1, $2, $3, $4, 4326)::geography
        AND ST_Covers(ST_MakeEnvelope($1, $2, $3, $4, 4326), location::geometry)
        AND NOT id = ANY ($6)
),
kept AS (
    UPDATE pois SET removed_at = now(), updated_at = now() WHERE id IN (SELECT id FROM gone WHERE visited) RETURNING 1
),
deleted AS (
    DELETE FROM pois WHERE id IN (SELECT id FROM gone WHERE NOT visited) RETURNING 1
)
SELECT (SELECT count(*) FROM kept) + (SELECT count(*) FROM deleted) AS changes
