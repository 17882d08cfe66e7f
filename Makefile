# make run opens Hookkeeper, make test runs the whole suite. Needed: Python 3.11 or newer, git, make.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
INSTALLED := $(VENV)/installed

.PHONY: run test check format screenshots bench lock clean help

run: $(INSTALLED) ## open Hookkeeper
	@exec $(BIN)/hookkeeper

test: $(INSTALLED) ## run the whole suite
	$(BIN)/python -m pytest -n 2 --cov --cov-report=term -q
	@$(BIN)/coverage report --include='core/*' --precision=1 | tail -1

check: $(INSTALLED) ## style, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED) ## write the code in the house's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(INSTALLED) ## make screenshots/ anew
	$(BIN)/python -m tests.support.screenshots

bench: $(INSTALLED) ## measure
	$(BIN)/python -m tests.benchmarks

lock: $(INSTALLED) ## pin every dependency anew
	$(BIN)/python -m pip install -q pip-tools
	$(BIN)/pip-compile -q --upgrade --all-extras --generate-hashes --strip-extras --allow-unsafe --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-annotate -o requirements.lock pyproject.toml

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* build dist

help: ## this list
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'

$(INSTALLED): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed. Debian, Ubuntu: apt install python3. Fedora: dnf install python3."; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) lacks venv or pip. Debian, Ubuntu: apt install python3-venv. Fedora: dnf install python3-pip."; exit 1; }
	"$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)
