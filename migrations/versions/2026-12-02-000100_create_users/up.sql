CREATE TABLE users (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    username TEXT NOT NULL,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'user',
    popularity_bias REAL,
    duration_minutes INTEGER,
    avoid_stairs BOOLEAN NOT NULL DEFAULT false,
    prefer_well_lit BOOLEAN NOT NULL DEFAULT false,
    unit_system TEXT NOT NULL DEFAULT 'metric',
    revision INTEGER NOT NULL DEFAULT 1,
    session_generation INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    deleted_at TIMESTAMPTZ,
    CONSTRAINT users_role_check CHECK (role IN ('user', 'admin')),
    CONSTRAINT users_popularity_bias_check CHECK (popularity_bias BETWEEN 0 AND 1),
    CONSTRAINT users_duration_minutes_check CHECK (duration_minutes BETWEEN 15 AND 180),
    CONSTRAINT users_unit_system_check CHECK (unit_system IN ('metric', 'imperial'))
);
-- Names are looked up folded by the service, which knows the letters of ASCII alone, as the collation "C" does: in that of
-- the database `I` may be another letter than `i`. The index of before serves servers of the version before.
CREATE UNIQUE INDEX users_canonical_name_key ON users (lower(username COLLATE "C"));
CREATE UNIQUE INDEX users_username_key ON users (lower(username));
CREATE INDEX users_created_at_id_idx ON users (created_at, id);
CREATE INDEX users_deleted_at_idx ON users (deleted_at) WHERE deleted_at IS NOT NULL;
COMMENT ON COLUMN users.revision IS 'Grows with each change of the profile, preferences or interests; compared with expected_revision.';
COMMENT ON COLUMN users.session_generation IS 'A login session of an older generation is no longer valid.';
COMMENT ON COLUMN users.deleted_at IS 'The account is gone for everybody: neither name nor password are left. What it had made is removed bit by bit, then the row.';

CREATE TABLE user_credentials (
    user_id UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
COMMENT ON COLUMN user_credentials.password_hash IS 'argon2id in PHC string format.';
