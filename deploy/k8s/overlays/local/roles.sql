-- The role that the tile server logs in with.
CREATE ROLE martin_ro NOLOGIN;
CREATE ROLE tiles LOGIN PASSWORD 'local' IN ROLE martin_ro;
ALTER ROLE tiles SET statement_timeout = '5s';
ALTER ROLE tiles SET log_parameter_max_length = 0;
