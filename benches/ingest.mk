.PHONY: bench-ingest bench-counts

bench-ingest: ## Time a load beside osm2pgsql, on COPIES (100) shifted copies of a shipped extract
	cargo build --release -p wildside-ingest
	benches/ingest/run.sh $(or $(COPIES),100)

bench-counts: ## Count the places of the shipped extracts by kind, beside a direct count with osmium
	cargo build --release -p wildside-ingest
	benches/ingest/counts.py $${CARGO_TARGET_DIR:-target}/release/wildside-ingest ingest/data/*.osm.pbf
