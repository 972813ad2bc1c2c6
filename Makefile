# Partita. `make run` and `make test` are all that a fresh machine needs; `make help` lists the rest.

VENV := .venv
PY := $(VENV)/bin/python
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$p && break; done)

# The CPU build of torch comes from its own index (PyPI's Linux build brings gigabytes of CUDA along).
# A CUDA build: make run TORCH=torch==2.13.0+cu130 TORCH_INDEX=https://download.pytorch.org/whl/cu130
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
TORCH_STAMP := $(VENV)/.torch-$(shell printf '%s' '$(TORCH) $(TORCH_INDEX)' | cksum | cut -d' ' -f1)

PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile
SOURCES := $(shell find static/src -type f 2>/dev/null)
MANIFEST := static/dist/manifest.json
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

.PHONY: help run test check build install install-dev lock benchmark screenshot clean
.DEFAULT_GOAL := help

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

run: install build ## Start the whole site on this machine (PORT=, DATA_DIR= and the variables of README.md)
	@exec $(PY) scripts/serve.py

test: install-dev build ## Run the whole suite (ARGS= go to pytest)
	@$(PY) -m pytest $(ARGS)

check: install-dev build ## Lint, types, layers, migrations, deployment settings
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) scripts/django_checks.py

build: $(MANIFEST) $(MESSAGES) ## Build the front end and the translations

install: $(VENV)/.installed $(TORCH_STAMP)

install-dev: $(VENV)/.installed-dev $(TORCH_STAMP)

lock: ## Pin what is installed into requirements*.txt
	$(PY) scripts/lock.py

benchmark: install-dev build ## Measure first bar, engraving and decoding on this machine
	$(PY) -m benchmarks.decode
	$(PY) -m benchmarks.first_bar

screenshot: install-dev build ## Take docs/studio.png anew
	$(PY) -m scripts.screenshot

clean: ## Remove what was built and installed; data/ stays
	rm -rf $(VENV) node_modules static/dist staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Partita needs Python 3.11 or newer; name one with PYTHON=/path/to/python3." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing pinned dependencies ..."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PIP) -r requirements-dev.txt
	@touch $@

$(TORCH_STAMP): | $(VENV)/.installed
	@echo "Installing $(TORCH) ..."
	$(PIP) --retries 1 '$(TORCH)' $(if $(TORCH_INDEX),--extra-index-url '$(TORCH_INDEX)')
	@rm -f $(VENV)/.torch-* && touch $@

node_modules/.package-lock.json: package.json package-lock.json | $(VENV)/.installed
	$(PY) scripts/build.py ci --no-audit --no-fund
	@touch $@

$(MANIFEST): vite.config.js $(SOURCES) node_modules/.package-lock.json
	$(PY) scripts/build.py run build
	$(PY) -m servestatic.compress --quiet static/dist gz br woff2 png webp wasm
	@touch $@

locale/%.mo: locale/%.po | $(VENV)/.installed
	$(PY) scripts/messages.py
