-- The indexes of the table in use, as they are made for the incoming one of the same name.
SELECT coalesce(
    (
        SELECT format('ALTER TABLE ingest.%I ADD CONSTRAINT %I %s', $1::text, conname, pg_get_constraintdef(oid))
        FROM pg_constraint
        WHERE conindid = indexrelid AND contype IN ('p', 'u')
    ),
    regexp_replace(pg_get_indexdef(indexrelid), ' ON \S+ USING ', format(' ON ingest.%I USING ', $1::text))
)
FROM pg_index
WHERE indrelid = $1::text::regclass
