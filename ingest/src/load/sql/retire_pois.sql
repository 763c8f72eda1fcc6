UPDATE pois SET removed_at = now(), updated_at = now()
WHERE
    area_id = $1
    AND removed_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM staged_pois WHERE staged_pois.id = pois.id)
    AND EXISTS (SELECT 1 FROM route_pois WHERE route_pois.poi_id = pois.id)
    -- What enrichment has seen since the data was current is still there.
    AND (enriched_at IS NULL OR enriched_at <= (SELECT coalesce(source_timestamp, loaded_at) FROM areas WHERE id = $1))
