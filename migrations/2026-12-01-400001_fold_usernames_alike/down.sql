DROP INDEX users_canonical_name_key;
