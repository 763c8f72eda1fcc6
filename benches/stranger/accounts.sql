-- Accounts with the password of `model`: those of the stranger and those of the others. One has 100,000 walks; some have
-- asked for 100,000 each, and will be deleted.
SET session_replication_role = replica;

INSERT INTO users (username, display_name)
SELECT kind || '-' || number, kind
FROM (VALUES ('walker', 16), ('guest', 16), ('changer', 16), ('hoarder', 1), ('leaver', 4)) AS accounts (kind, size),
     generate_series(0, size - 1) AS number;

INSERT INTO user_credentials (user_id, password_hash)
SELECT users.id, password_hash
FROM users, user_credentials JOIN users AS model ON model.id = user_id
WHERE model.username = 'model' AND users.username <> 'model';

INSERT INTO routes (id, user_id, path, generation_params, distance_metres, duration_seconds, score, details, created_at)
SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, hoarder.id,
       (SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(24.92 + step * 1e-4, 60.16 + n * 1e-7) ORDER BY step), 4326)
        FROM generate_series(1, 60) AS step),
       '{"duration_minutes": 60, "start": [24.92, 60.16], "themes": [], "popularity_bias": 0.5}', 4000, 3500, 5,
       jsonb_build_object('legs', '[]'::jsonb, 'stairs_metres', 0, 'repeated_metres', 0,
                          'light', '{"lit_metres": 0, "unlit_metres": 0, "unknown_metres": 4000}'::jsonb),
       now() - n * interval '5 minutes'
FROM users AS hoarder, generate_series(1, 100000) AS n
WHERE hoarder.username = 'hoarder-0';

INSERT INTO route_pois (route_id, poi_id, position, arrive_after_seconds, visit_seconds)
SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, ((n + stop * 100) % 500000) * 10 + 11, stop, stop * 600, 300
FROM generate_series(1, 100000) AS n, generate_series(1, 3) AS stop;

INSERT INTO route_requests (id, user_id, params, cache_key, status, progress, route_id, trace_id, created_at, updated_at)
SELECT gen_random_uuid(), users.id, generation_params, 'seeded:' || routes.id, 'complete', 1, routes.id, gen_random_uuid(),
       routes.created_at, routes.created_at
FROM users, routes
WHERE users.username = 'hoarder-0' OR users.username LIKE 'leaver-%';

INSERT INTO saved_routes (user_id, route_id)
SELECT hoarder.id, routes.id
FROM users AS hoarder, routes
WHERE hoarder.username = 'hoarder-0' AND routes.created_at < now() - interval '1 month';
