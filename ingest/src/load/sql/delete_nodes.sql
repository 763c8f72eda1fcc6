DELETE FROM walk_nodes WHERE area_id = $1
