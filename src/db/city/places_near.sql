-- Places that may become stops, a row for each theme of a place, in the order of place and theme.
-- $1, $2 longitude and latitude; $3 metres from there, on a sphere.
SELECT id, ST_X(location::geometry) AS lon, ST_Y(location::geometry) AS lat, kind,
       coalesce(popularity_score, 0.5) AS popularity, osm_tags ->> 'opening_hours' AS opening_hours, theme_id, weight
FROM pois
JOIN poi_interest_themes ON poi_id = id
WHERE ST_DWithin(location, ST_SetSRID(ST_MakePoint($1, $2), 4326)::geography, $3, false) AND removed_at IS NULL
ORDER BY id, theme_id
