.PHONY: bench

bench: ## Times and memory of the engine's parts in two cities
	@cargo bench --quiet -p wildside-bench-walks --bench engine
