.PHONY: test-postgres-18

# REQUIRED=yes: what can't be tried fails instead of being told.
REQUIRED ?=

test-postgres-18: ## Migrations, indexes and tile tokens on PostgreSQL 18, as PGlite in Node.js
	@REQUIRED=$(REQUIRED) tests/postgres/pglite.sh
