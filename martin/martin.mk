.PHONY: martin

martin: ## Install the tile server, once (12 minutes)
	@martin/install.sh
