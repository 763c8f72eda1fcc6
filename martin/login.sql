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
