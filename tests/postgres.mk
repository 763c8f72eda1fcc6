.PHONY: test-postgres-17 test-postgres-18

# REQUIRED=yes: what can't be tried fails instead of being told.
REQUIRED ?=

test-postgres-17: ## Migrations, backups, loads, tiles and walks in a Debian 13, with its PostgreSQL 17 and Redis 8; as root
	@REQUIRED=$(REQUIRED) tests/postgres/debian_13.sh

test-postgres-18: ## Migrations, indexes and tile tokens on PostgreSQL 18, as PGlite in Node.js
	@REQUIRED=$(REQUIRED) tests/postgres/pglite.sh
