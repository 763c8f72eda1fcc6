.PHONY: bench-ingest

bench-ingest: ## Time a load beside osm2pgsql, on COPIES (100) shifted copies of a shipped extract
	cargo build --release -p wildside-ingest
	benches/ingest/run.sh $(or $(COPIES),100)
