.PHONY: bench-queue

bench-queue: ## The job queue with jobs that do nothing: latency, rate, memory; beside npm's BullMQ (PEER=no: without)
	@cd benches/queue/peer && { [ "$(PEER)" = no ] || npm ci --silent --no-audit --no-fund; }
	@cargo bench --quiet -p wildside --bench queue
