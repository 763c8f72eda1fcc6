DROP TABLE walk_edges;
DROP TABLE walk_nodes;
