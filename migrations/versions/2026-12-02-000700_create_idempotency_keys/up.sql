CREATE TABLE idempotency_keys (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    endpoint TEXT NOT NULL,
    key UUID NOT NULL,
    request_digest BYTEA NOT NULL,
    status SMALLINT NOT NULL DEFAULT 0,
    response JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, endpoint, key)
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
COMMENT ON TABLE idempotency_keys IS 'Answers to writes, kept for a day. The row is written in the transaction of the write itself: whoever comes second waits for it.';
COMMENT ON COLUMN idempotency_keys.request_digest IS 'SHA-256 of the body: another body under the same key is refused.';
