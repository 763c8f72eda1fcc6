-- One street where the examples of the description begin, so that walks can be asked for.
INSERT INTO areas (name, boundary, source_digest)
VALUES ('street', ST_Multi(ST_MakeEnvelope(7.40, 43.72, 7.44, 43.75, 4326)), 'none');
INSERT INTO walk_edges (area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, geom)
SELECT id, 1, 0, 0, 1, 2, 160, 'street', false, ST_GeomFromText('LINESTRING(7.424 43.738, 7.426 43.739)', 4326)
FROM areas;
