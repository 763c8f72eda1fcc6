ALTER TABLE route_requests
    ALTER COLUMN status TYPE TEXT,
    ADD CONSTRAINT route_requests_status_check CHECK (status IN ('pending', 'in_progress', 'complete', 'failed'));
DROP DOMAIN route_request_status;
DROP INDEX route_requests_route_id_idx;
CREATE INDEX route_requests_route_id_idx ON route_requests (route_id);
DROP INDEX route_requests_unanswered_idx;
CREATE INDEX route_requests_unfinished_idx ON route_requests (updated_at) WHERE status IN ('pending', 'in_progress');
