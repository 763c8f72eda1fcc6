-- $1, $2 start; $3, $4 end or null; $5 reach in metres; $6 themes, empty for all; $7 popularity bias; $8 most rows.
WITH request AS (
    SELECT ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography AS start_at,
           ST_SetSRID(ST_MakePoint($3, $4), 4326)::geography AS end_at
),
place AS (
    SELECT id, location, kind, coalesce(popularity_score, 0.5) AS popularity,
           ST_Distance(location, start_at) AS metres
    FROM pois, request
    WHERE ST_DWithin(location, start_at, $5)
      AND removed_at IS NULL
      -- A walk with an end of its own stays within an ellipse around both.
      AND (end_at IS NULL OR ST_Distance(location, start_at) + ST_Distance(location, end_at) <= $5)
),
ranked AS (
    SELECT place.id, theme_id, weight,
           row_number() OVER (
               PARTITION BY theme_id
               ORDER BY weight * (1 + (2 * $7 - 1) * (2 * popularity - 1)) / (1 + metres / $5) DESC, place.id
           ) AS rank
    FROM place
    JOIN poi_interest_themes ON poi_id = place.id
    WHERE cardinality($6) = 0 OR theme_id = ANY ($6)
),
chosen AS (
    SELECT id, array_agg(theme_id ORDER BY theme_id) AS themes, array_agg(weight ORDER BY theme_id) AS weights
    FROM ranked
    GROUP BY id
    ORDER BY min(rank), id
    LIMIT $8
)
SELECT id, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat, kind, popularity, themes, weights
FROM chosen
JOIN place USING (id)
ORDER BY id
