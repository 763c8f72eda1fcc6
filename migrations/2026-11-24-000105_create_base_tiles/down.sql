REVOKE SELECT ON base_lines, base_areas, base_labels FROM martin_ro;
DROP FUNCTION base_tile(integer, integer, integer);
DROP FUNCTION base_areas_in_tile(integer, geometry, geometry, double precision);
DROP FUNCTION base_lines_in_tile(integer, geometry, geometry, double precision);
DROP FUNCTION base_layer(text);
DROP TYPE base_feature;
