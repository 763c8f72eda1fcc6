DELETE FROM walk_edges WHERE area_id = $1
