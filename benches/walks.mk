.PHONY: bench-walks bench-curve

STARTS ?= 200
PAGE ?= target/walks.html
THIRD_CITY ?= target/walks/neubrandenburg.osm.pbf
CITIES := ingest/data/helsinki.osm.pbf ingest/data/monaco.osm.pbf $(THIRD_CITY)

bench-walks: $(CITIES) ## Walks from many starts, measured from outside, and a page of a dozen (STARTS=200 PAGE=file)
	@cargo run --release --quiet -p wildside-bench-walks -- --starts $(STARTS) --page $(PAGE) $(CITIES)
	@echo "A dozen walks for the eye: $(PAGE)"

target/walks/neubrandenburg.osm.pbf:
	@benches/walks/third_city.sh $@

bench-curve: ## How the time of a walk grows with the number of places in reach
	@cargo run --release --quiet -p wildside-bench-walks -- --curve
