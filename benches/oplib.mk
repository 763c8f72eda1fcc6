.PHONY: bench-oplib

DIR ?= benches/oplib
SEEDS ?= 3

bench-oplib: ## Gaps of the stop selection on a folder of OPLib files (DIR=folder, SEEDS=3)
	@cargo build --release --quiet -p wildside-engine --example oplib
	@benches/oplib/gaps.py --seeds $(SEEDS) $(DIR)
