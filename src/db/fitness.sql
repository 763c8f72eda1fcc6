SELECT pg_is_in_recovery() AS standby,
    current_setting('transaction_read_only')::boolean AS read_only,
    to_regclass('__diesel_schema_migrations') IS NOT NULL AS migrated,
    has_table_privilege(to_regclass('__diesel_schema_migrations'), 'SELECT') AS readable,
    has_table_privilege(to_regclass('route_requests'), 'INSERT')
        AND has_table_privilege(to_regclass('route_requests'), 'UPDATE')
        AND has_table_privilege(to_regclass('routes'), 'INSERT') AS writable
