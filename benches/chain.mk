.PHONY: bench-chain

WALKS ?= 100000

bench-chain: ## The whole chain from POST to WebSocket: rate, latency, memory; beside express with BullMQ and Socket.IO (PEER=no: without)
	@deploy/local/install.sh compiler postgres redis
	@cd benches/chain/peer && { [ "$(PEER)" = no ] || npm ci --silent --no-audit --no-fund; }
	@PEER=$(PEER) cargo bench --quiet -p wildside --bench chain -- $(WALKS)
