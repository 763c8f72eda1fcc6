ALTER TABLE pois
    DROP COLUMN popularity_source,
    DROP COLUMN narrative_source,
    DROP COLUMN prominence;

ALTER TABLE areas
    DROP COLUMN popularity_quantiles,
    DROP COLUMN source;
