DROP TABLE route_notes;
DROP TABLE route_progress;
