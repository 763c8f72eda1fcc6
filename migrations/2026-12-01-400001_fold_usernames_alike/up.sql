-- Names are looked up folded by the service, which knows the letters of ASCII alone, as the collation "C" does: in that of
-- the database `I` may be another letter than `i`. The index of before serves servers of the version before.
CREATE UNIQUE INDEX users_canonical_name_key ON users (lower(username COLLATE "C"));
