-- A table parses its checks anew for each statement that writes to it, which takes a claim a quarter of its time; the
-- check of a domain is parsed once in a connection.
CREATE DOMAIN route_request_status AS TEXT
    CONSTRAINT route_request_status_check CHECK (VALUE IN ('pending', 'in_progress', 'complete', 'failed'));

CREATE TABLE route_requests (
    id UUID PRIMARY KEY,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    params JSONB NOT NULL,
    cache_key TEXT NOT NULL,
    status route_request_status NOT NULL DEFAULT 'pending'::text,
    stage TEXT,
    progress REAL,
    attempt INTEGER NOT NULL DEFAULT 0,
    route_id UUID REFERENCES routes (id) ON DELETE SET NULL,
    error_code TEXT,
    error_message TEXT,
    trace_id UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    repeated BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT route_requests_failed_check CHECK ((status = 'failed') = (error_code IS NOT NULL))
);
COMMENT ON TABLE route_requests IS 'The ledger: every accepted request ends complete or failed, once, whatever Redis or a worker loses.';
COMMENT ON COLUMN route_requests.cache_key IS 'Key of the canonical request in the route cache.';
COMMENT ON COLUMN route_requests.attempt IS 'Grows each time a worker claims the request; a write with an older attempt is refused.';
COMMENT ON COLUMN route_requests.trace_id IS 'Trace of the HTTP request that asked; runs through the queue into the worker.';
COMMENT ON COLUMN route_requests.repeated IS 'The walk that answers it had been answering the same user before. Not all such requests are marked, and only such.';

CREATE INDEX route_requests_user_id_created_at_idx ON route_requests (user_id, created_at DESC, id DESC);
-- A claim changes no column of an index, so that it adds a version to the row and nothing to the indexes: the index
-- of unfinished requests is of what only the end of a request changes, in the order in which they were made.
CREATE INDEX route_requests_unanswered_idx ON route_requests (created_at, id)
    WHERE route_id IS NULL AND error_code IS NULL;
-- Storing a walk ends all requests like it, in the order of their ids: they are found without a look at every
-- unfinished one. The index has that order: the planner, for which nearly no request is ever unanswered, would else as
-- soon read all that are as look for those of one key.
CREATE INDEX route_requests_unanswered_cache_key_id_idx ON route_requests (cache_key, id)
    WHERE route_id IS NULL AND error_code IS NULL;
-- Visibility of a walk to a user, and since when. An index of walks alone had all who ever asked for a popular one read. Requests
-- without a walk are never looked for.
CREATE INDEX route_requests_walk_idx ON route_requests (route_id, user_id, created_at)
    WHERE route_id IS NOT NULL;
-- The walks of a user in the order of the list, each once but for a few.
CREATE INDEX route_requests_list_idx ON route_requests (user_id, created_at, route_id)
    WHERE route_id IS NOT NULL AND NOT repeated;
-- Requests that nobody misses in the ledger after a while.
CREATE INDEX route_requests_expendable_idx ON route_requests (created_at)
    WHERE repeated OR error_code IS NOT NULL;
