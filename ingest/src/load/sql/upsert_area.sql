INSERT INTO areas (id, name, boundary, source_digest, source_timestamp, counts, source, popularity_quantiles)
OVERRIDING SYSTEM VALUE
VALUES ($1, $2, ST_Multi(ST_GeomFromText($3, 4326)), $4, $5, $6, $7, $8)
ON CONFLICT (name) DO UPDATE SET
    boundary = excluded.boundary,
    generation = areas.generation + 1,
    source_digest = excluded.source_digest,
    -- A file that does not tell its time is taken for as old as what was there.
    source_timestamp = coalesce(excluded.source_timestamp, areas.source_timestamp),
    counts = excluded.counts,
    source = excluded.source,
    popularity_quantiles = excluded.popularity_quantiles,
    loaded_at = now()
RETURNING generation
