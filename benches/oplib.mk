.PHONY: bench-oplib bench-pyvrp

DIR ?= target/oplib
SEEDS ?= 3
MILLIS ?= 1000

bench-oplib: ## Gaps of the stop selection on made-up OPLib files (DIR=folder with a best_known.csv, SEEDS=3)
	@cargo build --release --quiet -p wildside-engine --example oplib
	@benches/oplib/generate.py target/oplib
	@benches/oplib/gaps.py --seeds $(SEEDS) $(DIR)

bench-pyvrp: ## The stop selection beside PyVRP, each for MILLIS=1000, on the files of DIR
	@cargo build --release --quiet -p wildside-engine --example oplib
	@benches/oplib/generate.py target/oplib
	@python3 -m venv target/pyvrp && target/pyvrp/bin/pip install --quiet pyvrp==0.14.1
	@target/pyvrp/bin/python -B benches/oplib/compare_pyvrp.py --millis $(MILLIS) --solver target/release/examples/oplib $(DIR)/*.oplib
