.PHONY: test-clients

test-clients: ## Generate clients from the API's description, and walk with them
	@$(local)/install.sh compiler postgres redis
	@cargo build --quiet --workspace --bins --example servers
	@venv=$$(tests/clients/install.sh) && tests/clients/run.sh "$$venv"
