CREATE TABLE route_requests (
    id UUID PRIMARY KEY,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    params JSONB NOT NULL,
    cache_key TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending',
    stage TEXT,
    progress REAL,
    attempt INTEGER NOT NULL DEFAULT 0,
    route_id UUID REFERENCES routes (id) ON DELETE SET NULL,
    error_code TEXT,
    error_message TEXT,
    trace_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT route_requests_status_check CHECK (status IN ('pending', 'in_progress', 'complete', 'failed')),
    CONSTRAINT route_requests_failed_check CHECK ((status = 'failed') = (error_code IS NOT NULL))
);
CREATE INDEX route_requests_user_id_created_at_idx ON route_requests (user_id, created_at DESC, id DESC);
CREATE INDEX route_requests_route_id_idx ON route_requests (route_id);
CREATE INDEX route_requests_unfinished_idx ON route_requests (updated_at) WHERE status IN ('pending', 'in_progress');
COMMENT ON TABLE route_requests IS 'The ledger: every accepted request ends complete or failed, once, whatever Redis or a worker loses.';
COMMENT ON COLUMN route_requests.cache_key IS 'Key of the canonical request in the route cache.';
COMMENT ON COLUMN route_requests.attempt IS 'Grows each time a worker claims the request; a write with an older attempt is refused.';
COMMENT ON COLUMN route_requests.trace_id IS 'Trace of the HTTP request that asked; runs through the queue into the worker.';
