-- The role itself stays: it may serve other databases of the cluster.
REVOKE USAGE ON SCHEMA public FROM martin_ro;
