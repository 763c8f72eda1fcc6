-- A place that a load owns keeps the position and popularity that the load gave it: it had the whole shape to judge by,
-- enrichment has only its centre.
WITH found AS (
    SELECT id, ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS location,
           osm_tags, kind, name, narrative, prominence, popularity
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
        AS found (id, lon, lat, osm_tags, kind, name, narrative, prominence, popularity)
),
changed AS (
    SELECT found.id
    FROM found
    LEFT JOIN pois USING (id)
    WHERE pois.id IS NULL
        OR pois.removed_at IS NOT NULL
        OR (pois.osm_tags, pois.kind, pois.name) IS DISTINCT FROM (found.osm_tags, found.kind, found.name)
        OR pois.area_id IS NULL AND pois.location IS DISTINCT FROM found.location
),
written AS (
    INSERT INTO pois (id, location, osm_tags, kind, name, narrative, prominence, popularity_score, enriched_at)
    SELECT id, location, osm_tags, kind, name, narrative, prominence, popularity, now()
    FROM found
    ORDER BY id
    ON CONFLICT (id) DO UPDATE SET
        location = CASE WHEN pois.area_id IS NULL THEN excluded.location ELSE pois.location END,
        osm_tags = excluded.osm_tags,
        kind = excluded.kind,
        name = excluded.name,
        narrative = CASE pois.narrative_source WHEN 'tags' THEN excluded.narrative ELSE pois.narrative END,
        prominence = CASE WHEN pois.area_id IS NULL THEN excluded.prominence ELSE pois.prominence END,
        popularity_score = CASE
            WHEN pois.area_id IS NULL AND pois.popularity_source = 'tags' THEN excluded.popularity_score
            ELSE pois.popularity_score
        END,
        enriched_at = now(),
        removed_at = NULL,
        updated_at = CASE WHEN pois.id IN (SELECT id FROM changed) THEN now() ELSE pois.updated_at END
    RETURNING id
)
SELECT count(*) AS changes
FROM changed
WHERE id IN (SELECT id FROM written)
