CREATE INDEX CONCURRENTLY walk_edges_long_idx ON walk_edges USING gist (geom) WHERE length_metres > 300;
