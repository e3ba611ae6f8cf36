.DEFAULT_GOAL := help
# Two targets may need the same .venv.
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip's and pytest's scratch files stay inside the clone.
export TMPDIR := $(CURDIR)/.tmp

.PHONY: help setup demo test lint format chaos bench bench-kafka bench-learning bench-alerts docs tables clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(VENV)/.ready-dev ## make .venv with all that the other targets need

demo: $(VENV)/.ready ## a realistic day of claims, decided on this machine
	@$(BIN)/cleanclaim demo

test: $(VENV)/.ready-dev ## all tests, with full branch coverage of streams/
	@mkdir -p "$(TMPDIR)"
	$(BIN)/python -m pytest --cov --cov-fail-under=100 $(TESTS)

lint: $(VENV)/.ready-dev ## format, lint, spelling, types, import contracts, schema history, AsyncAPI
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas check
	$(BIN)/python scripts/check_asyncapi.py

format: $(VENV)/.ready-dev ## format the code and fix what ruff can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.ready ## throughput, memory and disk on a million events
	@mkdir -p "$(TMPDIR)"
	$(BIN)/python -m benchmarks.core

FACTS ?= 40000
TURNS ?= 3
RATE ?= 1000
ENCOUNTERS ?= 100000
PARTITIONS ?= 12

bench-kafka: $(VENV)/.ready-dev ## the Kafka engine beside stock Faust and a pass-through (FACTS=40000 TURNS=3 RATE=1000)
	@mkdir -p "$(TMPDIR)"
	$(BIN)/python -m benchmarks.kafka --facts $(FACTS) --rounds $(TURNS) --rate $(RATE) --encounters $(ENCOUNTERS) --partitions $(PARTITIONS)

bench-alerts: $(VENV)/.ready ## simulated months of holds: false alarms, and how soon a rise is found
	$(BIN)/python -m benchmarks.alerts $(if $(KEYS),--keys $(KEYS)) $(if $(TRIALS),--trials $(TRIALS))

bench-learning: $(VENV)/.ready ## a simulated year of payers with hidden rules: what learning saves, and what it holds
	@mkdir -p "$(TMPDIR)"
	$(BIN)/python -m benchmarks.learning $(if $(VISITS),--visits $(VISITS)) $(if $(SEEDS),--seeds $(SEEDS))

ROUNDS ?= 50
SEED ?= 1
SECONDS ?= 4
chaos: $(VENV)/.ready-dev ## kills, zombies, bounces, rebalances under load, and a checker (ROUNDS=50 SEED=1 SECONDS=4)
	@mkdir -p "$(TMPDIR)"
	$(BIN)/python -m tests.chaos --rounds $(ROUNDS) --seed $(SEED) --seconds $(SECONDS)

docs: $(VENV)/.ready ## the generated pages of docs/ anew, from the code
	$(BIN)/python -m agents.docs

tables: $(VENV)/.ready-dev ## the ICD-10-CM table anew, from the package that carries it
	@mkdir -p "$(TMPDIR)"
	$(BIN)/python scripts/make_icd10cm.py > "$(TMPDIR)/leaves"
	mv "$(TMPDIR)/leaves" streams/tables/icd10cm_leaves.txt

clean: ## remove all that the targets made
	rm -rf $(VENV) .tmp build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, so a .venv that was interrupted half-way has none and is made anew.
define install
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("cleanclaim needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@echo "Setting up $(VENV) (once; about half a minute) ..."
	@mkdir -p "$(TMPDIR)"
	@ls $(VENV)/.ready* >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $(VENV)/.ready*
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --editable '$(1)'
endef

$(VENV)/.ready: pyproject.toml
	$(call install,.)
	@touch $@

$(VENV)/.ready-dev: pyproject.toml
	$(call install,.[dev])
	@touch $(VENV)/.ready $@
