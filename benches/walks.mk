.PHONY: bench-walks bench-curve

STARTS ?= 200
PAGE ?= target/walks.html

bench-walks: ## Walks from many starts, measured from outside, and a page of a dozen (STARTS=200 PAGE=file)
	@cargo run --release --quiet -p wildside-bench-walks -- --starts $(STARTS) --page $(PAGE)
	@echo "A dozen walks for the eye: $(PAGE)"

bench-curve: ## How the time of a walk grows with the number of places in reach
	@cargo run --release --quiet -p wildside-bench-walks -- --curve
