DROP FUNCTION verify_tile_token(text, uuid);
DROP FUNCTION tile_claims_hold(jsonb, uuid, numeric);
DROP FUNCTION tile_token_signed_by(text, text, bytea);
DROP FUNCTION base64url_decode(text);
DROP TABLE tile_token_keys;
-- pgcrypto stays: it may have been there before.
