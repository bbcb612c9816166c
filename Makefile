# Entry points. Each is a script under scripts/, which says at its top what it does.
.PHONY: help run test build lint format bench soak simulate test-full clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: ## build and serve on http://127.0.0.1:8080 with SQLite under ./data (ARGS="--bind 127.0.0.1:9000")
	@scripts/run $(ARGS)

test: ## lint, then every test on SQLite and PostgreSQL
	@scripts/test

build: ## the optimised binary, .build/release/millrace
	@scripts/install-deps build
	@scripts/build release

lint: ## format and house rules, without building
	@scripts/lint

format: ## format the Swift sources in place
	@scripts/format

bench: ## benchmarks on both databases (BENCH="drain submit", ARGS=--json)
	@scripts/bench "$(or $(BENCH),drain submit http latency)" $(ARGS)

soak: ## 30 minutes of steady load with retention, on SQLite and PostgreSQL
	@scripts/bench soak $(ARGS)

simulate: ## the engine's transitions under a virtual clock, SEEDS=20000 (or SEED=17 to replay one)
	@scripts/simulate $(or $(if $(SEED),--seed $(SEED)),$(SEEDS),20000)

test-full: ## make test, then its long form, all interleavings, a long simulation and the Thread Sanitizer
	@scripts/test-full

clean: ## remove what was built; ./data stays
	rm -rf .build .build-tsan
