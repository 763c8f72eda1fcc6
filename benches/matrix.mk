.PHONY: bench-osrm

bench-osrm: ## Walking times between 60 and 200 places beside OSRM, in two cities; prepares OSRM first
	@cargo build --release --quiet -p wildside-bench-walks --example matrix
	@python3 -m pip install --quiet --target target/osrm --upgrade --python-version 3.12 --only-binary :all: --no-deps osrm-bindings==26.10.0
	@benches/matrix/compare_osrm.py --osrm target/osrm --ours target/release/examples/matrix target/matrix
