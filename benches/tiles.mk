.PHONY: bench-tiles

bench-tiles: ## Latency and size of tiles along walks of a map view over a large city
	@deploy/local/install.sh compiler postgres
	@martin/install.sh
	@cargo bench --quiet --profile dev --bench tiles
