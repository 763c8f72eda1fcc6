CREATE TABLE maintenance_runs (
    chore TEXT PRIMARY KEY,
    started_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    next_run_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    succeeded BOOLEAN,
    result TEXT,
    runs BIGINT NOT NULL DEFAULT 0
);
COMMENT ON TABLE maintenance_runs IS 'The periodic chores: who is at it until when, and what came of the last run.';
COMMENT ON COLUMN maintenance_runs.lease_until IS 'While it lasts nobody else starts the chore; a worker that died at it is waited for no longer.';
COMMENT ON COLUMN maintenance_runs.result IS 'What was done, or why it failed, in words.';
