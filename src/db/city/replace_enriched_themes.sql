WITH wanted AS (
    SELECT poi_id, theme_id, weight
    FROM unnest($2, $3, $4) AS wanted (poi_id, theme_id, weight)
    JOIN interest_themes ON interest_themes.id = theme_id
),
removed AS (
    DELETE FROM poi_interest_themes AS old
    WHERE old.poi_id = ANY ($1)
        AND NOT EXISTS (SELECT FROM wanted WHERE wanted.poi_id = old.poi_id AND wanted.theme_id = old.theme_id)
    RETURNING 1
),
written AS (
    INSERT INTO poi_interest_themes AS old (poi_id, theme_id, weight)
    SELECT poi_id, theme_id, weight FROM wanted ORDER BY poi_id, theme_id
    ON CONFLICT (poi_id, theme_id) DO UPDATE SET weight = excluded.weight
    WHERE old.weight IS DISTINCT FROM excluded.weight
    RETURNING 1
)
SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM written) AS changes
