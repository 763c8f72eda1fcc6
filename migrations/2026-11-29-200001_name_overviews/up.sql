-- Apart from what fills it, which takes long: until then nobody could read the table.
ALTER TABLE base_overviews ADD COLUMN name TEXT;
COMMENT ON COLUMN base_overviews.name IS
    'Written along the lines at zoom 14, where ways of one street are joined and the squares of those with a name are whole tiles.';
