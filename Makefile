# The two commands a newcomer types. Each makes .venv by itself, once.

PYTHON ?= python3
BIN := .venv/bin
QUICKSTART_DIR ?= runs/quickstart

.PHONY: quickstart test lint docs
.DELETE_ON_ERROR:

quickstart: .venv/installed
	$(BIN)/python -m tfgan_transfer.study --flagfile=configs/quickstart.flags --study_dir=$(QUICKSTART_DIR)

test: .venv/installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/installed-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/vermin --quiet --no-tips --violations -t=3.10- tfgan_transfer

docs: .venv/installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir build/site

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' || \
	  { echo "error: Python 3.10, 3.11 or 3.12 is needed, $$($(PYTHON) --version) found; use make PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv
	@# The resolver that came with Python 3.10 needs a quarter of an hour.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip

.venv/installed: setup.py .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/installed-dev: setup.py .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/installed
