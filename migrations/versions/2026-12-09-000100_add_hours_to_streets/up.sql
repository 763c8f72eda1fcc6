ALTER TABLE walk_edges ADD COLUMN hours TEXT;
COMMENT ON COLUMN walk_edges.hours IS 'Hours at which one may walk there, a rule a line: "open HOURS", or what holds otherwise and the conditions under which it does not, "no; yes @ (HOURS)". Null: at all times.';
