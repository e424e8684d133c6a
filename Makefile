# Commonmode: `make demo` shows it, `make test` tests it; each sets up all it needs.
# Needs only Python 3.11 to 3.13 with venv, and make.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.9
UV := .uv/bin/uv
BIN := .venv/bin
WORKERS ?= 2

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: .venv/.ready ## a planted economy through Kafka, DuckDB and the detectors, dashboard open
	$(BIN)/commonmode demo $(ARGS)

.PHONY: test
test: .venv/.ready ## the tests: real Kafka, real DuckDB, a real browser
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "not slow and not benchmark" $(ARGS)

.PHONY: slow
slow: .venv/.ready ## the long tests: calibration over many seeds, kills, the wheel alone
	$(BIN)/pytest -n $(WORKERS) --dist loadfile -m "slow and not benchmark" $(ARGS)

.PHONY: check
check: .venv/.ready format-check lint types imports ## format, lint, types, import contracts, docs

.PHONY: format
format: .venv/.ready ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: format-check
format-check: .venv/.ready
	$(BIN)/ruff format --check .

.PHONY: lint
lint: .venv/.ready ## ruff
	$(BIN)/ruff check .

.PHONY: types
types: .venv/.ready ## mypy --strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright

.PHONY: imports
imports: .venv/.ready ## the layers: data flows one way
	$(BIN)/lint-imports

.PHONY: docs
docs: .venv/.ready ## write the pages that are generated from the code
	$(BIN)/python tests/docs/cli_reference.py
	$(BIN)/python -m tests.docs.scorecard_page

.PHONY: chaos
chaos: .venv/.ready ## kill -9 at random moments of a million-event run
	COMMONMODE_CHAOS_EVENTS=1000000 COMMONMODE_CHAOS_KILLS=10 $(BIN)/pytest -m chaos -s tests/chaos/test_kills.py

.PHONY: benchmarks
benchmarks: .venv/.ready ## speed and memory, as ratios to a named reference
	$(BIN)/python -m pytest -m benchmark -s tests/benchmarks

.PHONY: scorecard
scorecard: .venv/.ready ## the detectors against planted truth, into docs/scorecard.md and the dashboard
	$(BIN)/commonmode evaluate --data .data/scorecard --seeds 50-99 --page docs/scorecard.md \
		--save analytics/commonmode/evaluation/published.json $(ARGS)

.PHONY: pictures
pictures: .venv/.ready ## screenshots of every view, from a real run, into docs/pictures
	rm -rf .data/pictures
	$(BIN)/commonmode simulate --preset demo --seed 1 | $(BIN)/commonmode load --data .data/pictures -
	$(BIN)/commonmode detect --data .data/pictures --once --final
	$(BIN)/python -m tests.browser.screenshots .data/pictures docs/pictures

.PHONY: wheel
wheel: .venv/.ready ## build the one wheel into dist/
	$(UV) build --wheel --quiet

.PHONY: clean
clean: ## remove environments, caches and builds
	rm -rf .venv .uv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(UV):
	@test -n "$(PYTHON)" || { echo "make: needed Python 3.11, 3.12 or 3.13 with venv; found none. Hint: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: $(UV) pyproject.toml uv.lock
	$(UV) sync --frozen --quiet --python $(PYTHON)
	@touch $@
