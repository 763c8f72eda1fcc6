DROP INDEX CONCURRENTLY saved_routes_list_idx;
