-- Where areas overlap the newer data decides, and owns the row. What does not come from tags stays.
INSERT INTO pois (id, location, osm_tags, kind, name, narrative, prominence, popularity_score, area_id)
SELECT id, location::geography, osm_tags, kind, name, narrative, prominence, popularity_score, $1
FROM staged_pois
ON CONFLICT (id) DO UPDATE SET
    location = excluded.location,
    osm_tags = excluded.osm_tags,
    kind = excluded.kind,
    name = excluded.name,
    narrative = CASE pois.narrative_source WHEN 'tags' THEN excluded.narrative ELSE pois.narrative END,
    popularity_score =
        CASE pois.popularity_source WHEN 'tags' THEN excluded.popularity_score ELSE pois.popularity_score END,
    prominence = excluded.prominence,
    area_id = excluded.area_id,
    removed_at = NULL,
    updated_at = now()
WHERE
    NOT EXISTS (
        SELECT 1
        FROM areas AS owner
        JOIN areas AS loaded ON loaded.id = excluded.area_id
        WHERE owner.id = pois.area_id AND owner.id <> loaded.id
            AND coalesce(owner.source_timestamp, owner.loaded_at) > coalesce(loaded.source_timestamp, loaded.loaded_at)
    )
    AND (
        pois.location, pois.osm_tags, pois.kind, pois.name, pois.prominence, pois.area_id, pois.removed_at,
        CASE pois.narrative_source WHEN 'tags' THEN pois.narrative END,
        CASE pois.popularity_source WHEN 'tags' THEN pois.popularity_score END
    ) IS DISTINCT FROM (
        excluded.location, excluded.osm_tags, excluded.kind, excluded.name, excluded.prominence, excluded.area_id, NULL,
        CASE pois.narrative_source WHEN 'tags' THEN excluded.narrative END,
        CASE pois.popularity_source WHEN 'tags' THEN excluded.popularity_score END
    )
