.PHONY: bench-push

bench-push: ## Push from Redis to WebSocket clients: rate, latency, memory; beside bare actix-web-actors and npm's ws with ioredis (PEER=no: without npm)
	@cd benches/push/peer && { [ "$(PEER)" = no ] || npm ci --silent --no-audit --no-fund; }
	@ulimit -n 50000 2>/dev/null || ulimit -n $$(ulimit -Hn); PEER=$(PEER) cargo bench --quiet -p wildside-actors --bench push
