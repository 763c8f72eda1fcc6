.PHONY: bench-http

CONNECTIONS ?= 64
SECONDS_EACH ?= 5

bench-http: ## Requests a second of the main endpoints, beside bare handlers that do the same I/O (needs wrk)
	@command -v wrk >/dev/null || { echo "install wrk: apt-get install wrk" >&2; exit 1; }
	@cargo bench --quiet -p wildside --bench http -- $(CONNECTIONS) $(SECONDS_EACH)
