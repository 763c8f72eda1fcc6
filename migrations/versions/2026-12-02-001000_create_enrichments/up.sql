CREATE TABLE enrichments (
    square INTEGER NOT NULL,
    theme_id UUID NOT NULL REFERENCES interest_themes (id) ON DELETE CASCADE,
    status TEXT NOT NULL DEFAULT 'requested',
    not_before TIMESTAMPTZ NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at TIMESTAMPTZ,
    elements INTEGER,
    places INTEGER,
    changes INTEGER,
    rejected INTEGER,
    bytes BIGINT,
    remark TEXT,
    error_code TEXT,
    data_timestamp TIMESTAMPTZ,
    trace_id UUID NOT NULL,
    PRIMARY KEY (square, theme_id),
    CONSTRAINT enrichments_status_check CHECK (status IN ('requested', 'complete', 'partial', 'failed'))
);
CREATE INDEX enrichments_theme_id_idx ON enrichments (theme_id);
CREATE INDEX enrichments_finished_at_idx ON enrichments (finished_at);
COMMENT ON TABLE enrichments IS 'Where Overpass was asked for places of a theme, and what came of it, nothing included.';
COMMENT ON COLUMN enrichments.square IS 'Square of the web-mercator grid at zoom 12: x << 12 | y.';
COMMENT ON COLUMN enrichments.not_before IS 'Nobody asks again before; longer after a full answer than after a partial one or a failure.';
COMMENT ON COLUMN enrichments.elements IS 'Elements in the answer.';
COMMENT ON COLUMN enrichments.places IS 'Places among them.';
COMMENT ON COLUMN enrichments.changes IS 'Places and themes that were not known so before.';
COMMENT ON COLUMN enrichments.rejected IS 'Elements that could not be used.';
COMMENT ON COLUMN enrichments.remark IS 'The server''s word that its answer is not whole.';
