.PHONY: browser

browser: ## Install what the tests in a browser need
	@tests/browser/install.sh
