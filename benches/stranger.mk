.PHONY: bench-stranger

QUIET ?= 60
STORM ?= 120

bench-stranger: ## What a hostile address does to everybody else: the dearest requests, 50 a second (QUIET=60 STORM=120 seconds; BASE=path: an older wildside before it)
	@deploy/local/install.sh compiler postgres redis
	@BASE=$(BASE) cargo bench --quiet -p wildside --bench stranger -- $(QUIET) $(STORM)
