DROP TABLE base_overviews;
DROP TABLE base_labels;
DROP TABLE base_areas;
DROP TABLE base_lines;
