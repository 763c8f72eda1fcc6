-- The role that Martin logs in with, made or given another password; it may do what martin_ro may:
--   MARTIN_PASSWORD=… psql -d DATABASE -v login=NAME -f martin/login.sql
\set ON_ERROR_STOP on
\getenv password MARTIN_PASSWORD
SELECT format('CREATE ROLE %I IN ROLE martin_ro', :'login')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \gexec
ALTER ROLE :"login" LOGIN PASSWORD :'password';
ALTER ROLE :"login" SET statement_timeout = '5s';
-- A database that logs slow statements would log their parameters, of which the token is one.
SELECT format('ALTER ROLE %I SET log_parameter_max_length = 0', :'login')
WHERE has_parameter_privilege('log_parameter_max_length', 'SET') \gexec
-- Martin itself looks for PostGIS by the search path; it may have a schema of its own.
SELECT format('ALTER ROLE %I IN DATABASE %I SET search_path = %s, %s', :'login', current_database(), current_setting('search_path'),
    extnamespace::regnamespace)
FROM pg_extension JOIN pg_namespace AS home ON home.oid = extnamespace
WHERE extname = 'postgis' AND nspname <> ALL (current_schemas(true)) \gexec
