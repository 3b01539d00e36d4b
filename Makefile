# newsdesk: `make chat` starts the web chat on the articles in seeds/, `make test` runs the tests.
# Both set up what they need first; a second run skips it.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# Without --no-compile a quarter of the time goes into bytecode of modules that are never imported. What is imported
# leaves its own behind, unless the environment forbids it: then every process would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt

.PHONY: chat test check lint types layers eval bars clean

chat: $(STAMP)
	$(BIN)/newsdesk ingest seeds
	$(BIN)/newsdesk chat --host $(HOST) --port $(PORT)

# Two at a time but for those that need the language model, which takes all cores by itself, or measure load: these
# in a process of their own, as one that holds the models is slower at everything.
test: $(DEV_STAMP)
ifdef TESTS
	$(BIN)/python -m pytest $(TESTS)
else
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not model and not alone"
	$(BIN)/python -m pytest -m "model and not alone"
	$(BIN)/python -m pytest -m alone
endif

check: lint types layers test

lint: $(DEV_STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV_STAMP)
	$(BIN)/mypy

layers: $(DEV_STAMP)
	$(BIN)/lint-imports

eval: $(STAMP)
	$(BIN)/newsdesk eval run

# The shipped gold sets against the limits in eval/bars.toml; a subset by hash, to stay below five minutes.
bars: $(STAMP)
	$(BIN)/newsdesk eval run seeds harbour --limit 3 --bars eval/bars.toml --out reports/bars.json

# The project itself goes in last and without its dependencies, so that the pins in constraints.txt decide.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "newsdesk needs Python 3.11 or newer: run 'make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)'" >&2; exit 2; }
	@echo "Setting up in $(VENV); the first time this downloads about 2 GB of packages, models included."
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -e .
	@touch $@

$(DEV_STAMP): $(STAMP)
	$(PIP_INSTALL) -e '.[small,dev]'
	@touch $@

clean:
	rm -rf $(VENV) newsdesk-data reports build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
