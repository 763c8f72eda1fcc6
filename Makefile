.DEFAULT_GOAL := help
local := deploy/local
# A background job of a script starts with SIGINT ignored; Ctrl-C and kill must stop it all the same.
signals := env --default-signal=INT

.PHONY: help run test check fmt lint build openapi clean-data

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Install, build, start everything here and take a walk; Ctrl-C stops it
	@$(signals) $(local)/run.sh

test: ## Install what is missing and run every test
	@$(local)/install.sh compiler postgres redis
	@martin/install.sh
	@tests/browser/install.sh
	@$(local)/test.sh

check: lint ## Formatting, lints and dependencies, without running tests
	@$(local)/dependencies.sh

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

fmt: ## Format the code
	cargo fmt --all

build: ## Build the release
	cargo build --release --workspace --bins

openapi: ## Print the API description
	@cargo run --quiet -- openapi

clean-data: ## Throw away the data of `make run`
	@$(local)/clean.sh

-include benches/*.mk martin/*.mk tests/*.mk
