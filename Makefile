# What can be done with a checkout? `make help` says. Every target sets up what it needs first.

PYTHON ?= python3
PORT ?= 8501
SERVE ?= 1
DEMO_HOME ?= $(CURDIR)/var/demo
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); \
	if [ "$$n" -ge 2 ]; then echo 2; else echo 0; fi)
TESTS ?=
PYTEST_ARGS ?=

BIN := $(CURDIR)/.venv/bin
# Each process would compile two thousand modules anew if it could not find their bytecode.
unexport PYTHONDONTWRITEBYTECODE
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations=12 \
	$(PYTEST_ARGS) $(TESTS)

.DEFAULT_GOAL := help
.PHONY: help setup browser demo test test-long lint lint-types lint-sql lock clean

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Variables: PYTHON=python3.12  PORT=8501  SERVE=0  DEMO_HOME=<folder>"
	@echo "             TESTS=<paths>  PYTEST_ARGS=<options>  WORKERS=0  UPGRADE=1"

setup: ## make .venv exactly what requirements.lock says
	@$(PYTHON) cli/bootstrap.py

browser: setup ## find or install a Chromium for the tests of the pages
	@$(BIN)/python -m cli.chromium

demo: setup ## build the demo shop and serve its pages (SERVE=0: stop after the findings)
	@$(BIN)/bellwether demo --home "$(DEMO_HOME)" \
		$(if $(filter 0 no false,$(SERVE)),--no-serve,--port $(PORT))

test: setup browser ## run the test suite
	$(PYTEST) -m "not long"

test-long: setup browser ## run the tests that take long: full counts of seeds, kills and examples
	$(PYTEST) -m long --timeout 3600

lint: setup ## check style, types and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@$(MAKE) --no-print-directory --jobs 2 lint-types lint-sql

lint-types:
	$(BIN)/mypy

lint-sql:
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

lock: ## write requirements.lock anew from pyproject.toml (UPGRADE=1: newest versions)
	@$(PYTHON) cli/bootstrap.py --lock $(if $(filter 1 yes true,$(UPGRADE)),--upgrade)

clean: ## remove the environment, caches and the demo's home
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf dbt_project/target dbt_project/logs "$(CURDIR)/var/demo"
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
