.PHONY: test-faults

ROWS ?=

test-faults: ## Real processes under load, and some forty faults: prints a table (ROWS=1,2,6: some rows)
	@deploy/local/install.sh compiler postgres redis faketime
	@ulimit -n $$(ulimit -Hn) && cargo test --quiet --workspace --test faults -- matrix $(ROWS)
