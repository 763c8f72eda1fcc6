.PHONY: bench-engine

bench-engine: ## Times of the engine's parts on a real city
	@cargo bench --quiet -p wildside-bench-walks --bench engine
