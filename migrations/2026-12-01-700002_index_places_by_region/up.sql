-- The most popular places of a wide box, square by square.
CREATE INDEX CONCURRENTLY pois_region_popularity_idx ON pois (poi_region(location), popularity_score DESC NULLS LAST, id)
    WHERE removed_at IS NULL;
