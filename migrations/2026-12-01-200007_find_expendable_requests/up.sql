-- What nobody misses in the ledger after a while.
CREATE INDEX CONCURRENTLY route_requests_expendable_idx ON route_requests (created_at)
    WHERE repeated OR error_code IS NOT NULL;
