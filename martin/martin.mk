.PHONY: martin

martin: ## Install the tile server, once (12 minutes), and what draws its map
	@martin/install.sh
	@deploy/local/npm.sh web
