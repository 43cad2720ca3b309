# Forcemirror: everything a newcomer needs. `make` or `make help` lists the targets.
# Needs python3 (3.11 or newer) with venv, make and a package index; the virtual environment is made here.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STATE  ?= .forcemirror-demo
SEED   ?= 7
WORKERS ?= 2
CLIENTS ?= .clients

.DEFAULT_GOAL := help

help: ## list what can be done here
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.run: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[postgres,test]'
	@touch $@ $(VENV)/.run

setup: $(VENV)/.test ## make the virtual environment with all tools

demo: $(VENV)/.run ## start a playground org, mirror it, open the web pages (Ctrl-C stops)
	@$(BIN)/forcemirror demo --dir $(STATE)

demo-fresh: $(VENV)/.run ## the same, from the beginning
	@$(BIN)/forcemirror demo --dir $(STATE) --fresh

demo-check: $(VENV)/.run ## run the demo headless, change a record on each side, see both arrive
	@$(BIN)/forcemirror demo --check

play: $(VENV)/.run ## start only the playground org
	@$(BIN)/forcemirror playground --dir $(STATE)/playground

web: $(VENV)/.run ## serve the web pages of the demo's mirror (after a demo)
	@$(BIN)/forcemirror --project $(STATE)/project web

test: $(VENV)/.test ## run all tests
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

# Both are pinned, so that a red run means a change of ours. The tap wants older packages than we do.
$(CLIENTS)/tap-salesforce/.installed: tests/foreign/tap-requirements.txt
	@$(PYTHON) -m venv --clear $(CLIENTS)/tap-salesforce
	@$(CLIENTS)/tap-salesforce/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(CLIENTS)/jsforce/.installed: tests/foreign/jsforce/package.json tests/foreign/jsforce/package-lock.json
	@mkdir -p $(CLIENTS)/jsforce
	@cp $^ $(CLIENTS)/jsforce/
	@if command -v npm >/dev/null; then npm ci --prefix $(CLIENTS)/jsforce --ignore-scripts --no-audit --no-fund --silent; \
	else echo "Node.js with npm is not installed: jsforce is left out."; fi
	@touch $@

test-clients: $(VENV)/.test $(CLIENTS)/tap-salesforce/.installed $(CLIENTS)/jsforce/.installed ## run the playground's suites for clients by others (needs Node.js for one)
	@FORCEMIRROR_TEST_CLIENTS=$(CLIENTS) timeout 600 $(BIN)/python -m pytest -q -ra tests/foreign

lint: $(VENV)/.test ## format check, rules, types, import contract
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/architecture

format: $(VENV)/.test ## put all files in form
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

translations: $(VENV)/.test ## gather the texts of the web pages and compile the translations
	@$(BIN)/pybabel -q extract --ignore-dirs=".*" -F web/babel.cfg -o web/translations/messages.pot --no-location --sort-output .
	@$(BIN)/pybabel -q update -w 120 -i web/translations/messages.pot -d web/translations --no-fuzzy-matching --ignore-obsolete
	@$(BIN)/pybabel -q compile -d web/translations

clean: ## remove the virtual environment, caches and the demo's state
	rm -rf $(VENV) $(STATE) $(CLIENTS) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help setup demo demo-fresh demo-check play web test test-clients lint format translations clean
