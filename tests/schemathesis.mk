.PHONY: schemathesis

EXAMPLES ?= 50

schemathesis: ## Ask the running API everything its description allows, and more (EXAMPLES=50 for each operation)
	@cargo build --quiet -p wildside --bin wildside
	@cargo build --quiet -p wildside-test-support --example servers
	@tests/schemathesis/run.sh $(EXAMPLES)
