.PHONY: schemathesis security

EXAMPLES ?= 50

schemathesis: ## Ask the running API everything its description allows, and more (EXAMPLES=50 for each operation)
	@$(local)/install.sh compiler postgres redis python
	@cargo build --quiet --workspace --bin wildside --example servers
	@tests/schemathesis/run.sh $(EXAMPLES)

security: ## Try to break in, and print each probe with its answer and the matrix of who may do what
	@cargo test --quiet --test it api::security:: -- --no-capture --test-threads=1
