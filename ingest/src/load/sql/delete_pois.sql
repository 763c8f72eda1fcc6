DELETE FROM pois
WHERE
    area_id = $1
    AND removed_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM staged_pois WHERE staged_pois.id = pois.id)
    AND (enriched_at IS NULL OR enriched_at <= (SELECT coalesce(source_timestamp, loaded_at) FROM areas WHERE id = $1))
