CREATE TABLE walk_nodes (
    id BIGINT NOT NULL,
    area_id INTEGER NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    cell INTEGER NOT NULL,
    location GEOMETRY(Point, 4326) NOT NULL,
    PRIMARY KEY (area_id, id)
);
CREATE INDEX walk_nodes_cell_idx ON walk_nodes (cell);
COMMENT ON TABLE walk_nodes IS 'Nodes at which a walker may choose, or at which the tags of a way change.';
COMMENT ON COLUMN walk_nodes.id IS 'OSM node id.';
COMMENT ON COLUMN walk_nodes.cell IS 'Square of the web-mercator grid at zoom 14: x << 14 | y.';

CREATE TABLE walk_edges (
    area_id INTEGER NOT NULL REFERENCES areas (id) ON DELETE CASCADE,
    way_id BIGINT NOT NULL,
    segment INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    from_node BIGINT NOT NULL,
    to_node BIGINT NOT NULL,
    length_metres REAL NOT NULL,
    class TEXT NOT NULL,
    stairs BOOLEAN NOT NULL,
    lit BOOLEAN,
    surface TEXT,
    incline_percent REAL,
    name TEXT,
    geom GEOMETRY(LineString, 4326) NOT NULL,
    PRIMARY KEY (area_id, way_id, segment)
);
CREATE INDEX walk_edges_cell_idx ON walk_edges (cell);
CREATE INDEX walk_edges_geom_idx ON walk_edges USING gist (geom);
COMMENT ON TABLE walk_edges IS 'Stretches of ways a pedestrian may use, between two walk nodes. Overlapping areas may hold the same stretch twice.';
COMMENT ON COLUMN walk_edges.segment IS 'Position of the stretch along its way, from 0.';
COMMENT ON COLUMN walk_edges.cell IS 'Square of the first node.';
COMMENT ON COLUMN walk_edges.lit IS 'Null: not tagged.';
COMMENT ON COLUMN walk_edges.incline_percent IS 'Signed, in the direction of the geometry.';
