DROP INDEX CONCURRENTLY walk_edges_long_idx;
