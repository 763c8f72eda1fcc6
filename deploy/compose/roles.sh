#!/bin/sh
# The role that the tile server logs in with; run by the image of PostgreSQL at its first start.
psql --set ON_ERROR_STOP=1 --dbname "$POSTGRES_DB" --username "$POSTGRES_USER" --set password="$(cat /run/secrets/tiles_password)" <<'SQL'
CREATE ROLE martin_ro NOLOGIN;
CREATE ROLE tiles LOGIN PASSWORD :'password' IN ROLE martin_ro;
ALTER ROLE tiles SET statement_timeout = '5s';
ALTER ROLE tiles SET log_parameter_max_length = 0;
SQL
