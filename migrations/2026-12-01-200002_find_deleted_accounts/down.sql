DROP INDEX CONCURRENTLY users_deleted_at_idx;
