-- The best places of each theme, a row for each theme of a place.
-- Metres are those of a sphere, half a percent off at most: they bound a search and weigh a choice, and take less time.
-- $1, $2 start; $3, $4 end or null; $5 reach in metres; $6 themes, empty for all; $7 popularity bias; $8 most places of a theme.
WITH request AS (
    SELECT ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography AS start_at,
           ST_SetSRID(ST_MakePoint($3, $4), 4326)::geography AS end_at
),
place AS MATERIALIZED (
    SELECT id, location::geometry AS point, kind, coalesce(popularity_score, 0.5) AS popularity,
           ST_Distance(location, start_at, false) AS metres
    FROM pois, request
    WHERE ST_DWithin(location, start_at, $5, false)
      AND removed_at IS NULL
      -- A walk with an end of its own stays within an ellipse around both.
      AND (end_at IS NULL OR ST_Distance(location, start_at, false) + ST_Distance(location, end_at, false) <= $5)
),
ranked AS (
    SELECT id, point, kind, popularity, theme_id, weight,
           row_number() OVER (
               PARTITION BY theme_id
               ORDER BY weight * (1 + (2 * $7 - 1) * (2 * popularity - 1)) / (1 + metres / $5) DESC, id
           ) AS rank
    FROM place
    JOIN poi_interest_themes ON poi_id = id
    WHERE cardinality($6) = 0 OR theme_id = ANY ($6)
)
SELECT id, ST_X(point) AS lon, ST_Y(point) AS lat, kind, popularity, theme_id, weight, rank
FROM ranked
WHERE rank <= $8
