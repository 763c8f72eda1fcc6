-- Takes from an account all that makes it one: $1.
-- No name begins with a tilde, so that this one is in nobody's way.
WITH credentials AS (DELETE FROM user_credentials WHERE user_id = $1),
interests AS (DELETE FROM user_interest_themes WHERE user_id = $1)
UPDATE users
SET deleted_at = now(), updated_at = now(), username = '~' || id, display_name = '', role = 'user',
    popularity_bias = NULL, duration_minutes = NULL, avoid_stairs = false, prefer_well_lit = false,
    unit_system = 'metric', session_generation = session_generation + 1
WHERE id = $1 AND deleted_at IS NULL
