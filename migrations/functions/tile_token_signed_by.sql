-- Compared as text, so that each signature has one spelling, and under a random key, so that the time it takes tells nothing
-- about the expected one.
-- Planned once on each connection, as a function in SQL is not.
CREATE OR REPLACE FUNCTION tile_token_signed_by(signing_input text, signature text, secret bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE STRICT
AS $$
DECLARE
    blind bytea := gen_random_bytes(32);
BEGIN
    RETURN hmac(convert_to(signature, 'UTF8'), blind, 'sha256')
         = hmac(convert_to(translate(encode(hmac(convert_to(signing_input, 'UTF8'), secret, 'sha256'), 'base64'), '+/=', '-_'),
                           'UTF8'), blind, 'sha256');
END
$$;
