-- Functions are made after all versions, and so go first.
DROP FUNCTION IF EXISTS base_tile(integer, integer, integer);
DROP FUNCTION IF EXISTS base_areas_in_tile(integer, geometry, geometry, double precision);
DROP FUNCTION IF EXISTS base_lines_in_tile(integer, geometry, geometry, double precision);
DROP FUNCTION IF EXISTS base_layer(text);
DROP FUNCTION IF EXISTS poi_tile(integer, integer, integer);
DROP FUNCTION IF EXISTS pois_in_tile(integer, integer, integer);
DROP FUNCTION IF EXISTS pois_in_cells(integer, integer, integer);
DROP FUNCTION IF EXISTS route_access(integer, integer, integer, json);
DROP FUNCTION IF EXISTS route_tile(integer, integer, integer, json);
DROP FUNCTION IF EXISTS permitted_route(json);
DROP FUNCTION IF EXISTS get_route_tile(uuid, integer, integer, integer);
DROP FUNCTION IF EXISTS tile_bounds(integer, integer, integer, double precision);
DROP FUNCTION IF EXISTS verify_tile_token(text, uuid);
DROP FUNCTION IF EXISTS tile_claims_hold(jsonb, uuid, numeric);
DROP FUNCTION IF EXISTS tile_token_signed_by(text, text, bytea);
DROP FUNCTION IF EXISTS base64url_decode(text);

DROP TYPE base_feature;
DROP TABLE tile_token_keys;
DO $$
BEGIN
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM martin_ro', current_schema());
END
$$;
