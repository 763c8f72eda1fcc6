-- A place that this area no longer has, but that lies in another loaded one, is that one's to keep or remove.
UPDATE pois SET area_id = other.id
FROM areas AS other
WHERE
    pois.area_id = $1
    AND other.id <> $1
    AND ST_Covers(other.boundary, pois.location::geometry)
    AND NOT EXISTS (SELECT 1 FROM staged_pois WHERE staged_pois.id = pois.id)
