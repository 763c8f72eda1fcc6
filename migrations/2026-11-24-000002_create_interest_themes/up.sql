CREATE TABLE interest_themes (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name TEXT NOT NULL UNIQUE,
    description TEXT
);

CREATE TABLE user_interest_themes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    theme_id UUID NOT NULL REFERENCES interest_themes (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, theme_id)
);
CREATE INDEX user_interest_themes_theme_id_idx ON user_interest_themes (theme_id);
