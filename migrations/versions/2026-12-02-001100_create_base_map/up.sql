CREATE TABLE base_lines (
    area_id INTEGER NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    osm_id BIGINT NOT NULL,
    class TEXT NOT NULL,
    name TEXT,
    min_zoom SMALLINT NOT NULL,
    geom GEOMETRY(LineString, 3857) NOT NULL
);
CREATE INDEX base_lines_geom_idx ON base_lines USING gist (geom);
CREATE INDEX base_lines_area_id_idx ON base_lines (area_id);
COMMENT ON TABLE base_lines IS 'Streets, paths, rails and streams of the base map, in web mercator.';
COMMENT ON COLUMN base_lines.osm_id IS 'As pois.id. A way with nodes missing from its extract gives several rows.';
COMMENT ON COLUMN base_lines.class IS
    'motorway, trunk, primary, secondary, tertiary, street, pedestrian, service, path, steps, rail, tram, river, stream, coastline, pier or wall.';
COMMENT ON COLUMN base_lines.min_zoom IS 'Worth drawing from this zoom on.';

CREATE TABLE base_areas (
    area_id INTEGER NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    osm_id BIGINT NOT NULL,
    class TEXT NOT NULL,
    name TEXT,
    min_zoom SMALLINT NOT NULL,
    geom GEOMETRY(MultiPolygon, 3857) NOT NULL,
    overview GEOMETRY(MultiPolygon, 3857)
);
CREATE INDEX base_areas_geom_idx ON base_areas USING gist (geom);
CREATE INDEX base_areas_overview_idx ON base_areas USING gist (geom) WHERE min_zoom <= 12;
CREATE INDEX base_areas_area_id_idx ON base_areas (area_id);
COMMENT ON TABLE base_areas IS 'Green, water and buildings of the base map, in web mercator.';
COMMENT ON COLUMN base_areas.osm_id IS 'As pois.id; 0 for the sea, which is made from coastlines.';
COMMENT ON COLUMN base_areas.class IS 'building, park, pitch, wood, grass, cemetery, water, beach, square or pier.';
COMMENT ON COLUMN base_areas.min_zoom IS 'Covers some pixels from this zoom on.';
COMMENT ON COLUMN base_areas.overview IS 'Simplified for zooms up to 12; null where min_zoom is above.';

CREATE TABLE base_labels (
    area_id INTEGER NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    osm_id BIGINT NOT NULL,
    class TEXT NOT NULL,
    name TEXT NOT NULL,
    min_zoom SMALLINT NOT NULL,
    location GEOMETRY(Point, 3857) NOT NULL
);
CREATE INDEX base_labels_location_idx ON base_labels USING gist (location);
CREATE INDEX base_labels_area_id_idx ON base_labels (area_id);
COMMENT ON TABLE base_labels IS 'Names of cities, quarters and squares on the base map, in web mercator.';
COMMENT ON COLUMN base_labels.class IS 'city, town, island, suburb, quarter or locality.';

CREATE TABLE base_overviews (
    area_id INTEGER NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    zoom INTEGER NOT NULL,
    class TEXT NOT NULL,
    geom GEOMETRY(MultiLineString, 3857) NOT NULL,
    name TEXT
);
CREATE INDEX base_overviews_zoom_geom_idx ON base_overviews USING gist (zoom, geom);
CREATE INDEX base_overviews_area_id_idx ON base_overviews (area_id);
COMMENT ON TABLE base_overviews IS
    'Lines of the base map for zooms up to 14: ways of a class joined, simplified, and cut into squares.';
COMMENT ON COLUMN base_overviews.class IS 'As base_lines.class.';
COMMENT ON COLUMN base_overviews.name IS
    'Written along the lines at zoom 14, where ways of one street are joined and the squares of those with a name are whole tiles.';
