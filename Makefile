# `make run` opens Hookkeeper, `make test` runs the whole suite. Needed: Python 3.11 or newer, git, make.

# The interpreters to try, in this order; `make PYTHON=/path/to/python run` names one.
PYTHON ?= python3.13 python3.12 python3.11 python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
LINES_COVERED := 95
# Tests wait more than they compute.
WORKERS := 6
SPREAD := -n $(WORKERS) --dist worksteal
# What `make mutants` breaks: a file or folder of those in pyproject.toml.
MODULE := core
# Screens, whose coverage is not measured, which would take as long again.
UNMEASURED := tests/tui tests/e2e/screens tests/e2e/budgets tests/e2e/faults

.PHONY: run test check format screenshots keys docs bench mutants lock clean help
.DELETE_ON_ERROR:

run: $(READY) ## open Hookkeeper
	@exec $(BIN)/hookkeeper

test: $(READY) ## run the whole suite
ifneq ($(HOOKKEEPER_TESTS),full)
	$(BIN)/pytest $(SPREAD)
else # and measure what of core it covers: twice the time
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(SPREAD) $(addprefix --ignore=,$(UNMEASURED))
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report
	@$(BIN)/coverage json -q -o - | $(BIN)/python -c 'import json, sys; \
		lines = json.load(sys.stdin)["totals"]["percent_statements_covered"]; \
		sys.exit(f"{lines:.2f} % of the lines of core are covered; $(LINES_COVERED) % are asked for." \
			if lines < $(LINES_COVERED) else 0)'
	$(BIN)/pytest $(SPREAD) $(UNMEASURED)
endif

check: $(READY) ## style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code into the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshots: $(READY) ## make screenshots/ anew
	env -u NO_COLOR TERM=xterm-256color $(BIN)/python -m tests.support.screenshots

keys: $(READY) ## make docs/keys.md anew
	$(BIN)/python -m tui.keys_page > docs/keys.md

docs: keys ## make docs/keys.md and docs/cli.md anew
	$(BIN)/python -m core.cli.page > docs/cli.md

bench: $(READY) ## measure speed
	$(BIN)/python -m tests.benchmarks

mutants: $(READY) ## do tests notice broken rules? MODULE=core/schedule.py asks it of one module
	$(BIN)/mutmut run '$(subst /,.,$(MODULE:.py=)).*'
	@$(BIN)/mutmut results | sed '/: not checked$$/d'

# The one target that fetches something unpinned: the tool that pins.
lock: $(READY) ## pin every dependency anew
	$(BIN)/python -m pip install pip-tools
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --upgrade -o requirements.lock pyproject.toml

clean: ## remove what make and the tests have made
	rm -rf $(VENV) build dist htmlcov mutants .coverage .coverage.* snapshot_report.html
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find core tui tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 14

$(READY): $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing what requirements.lock pins into $(VENV)"
	@$(BIN)/python -m ensurepip --upgrade >/dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Without pip, which takes seconds to unpack: an interrupt would leave half of it behind for good.
$(BIN)/python:
	@for python in $(PYTHON); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then exec "$$python" -m venv --without-pip --clear $(VENV); fi; \
		bare=$${bare:-$$python}; \
	done; \
	if [ -n "$$bare" ]; then \
		version=$$("$$bare" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		echo "$$bare lacks venv or pip. Install them, then run make again:"; \
		echo "  Debian, Ubuntu   apt install python$$version-venv"; \
		echo "  Fedora           dnf install python3 python3-pip"; \
		echo "  Alpine           apk add python3 py3-pip"; \
	else \
		echo "Python 3.11 or newer was not found (tried: $(PYTHON)). Install it, then run make again:"; \
		echo "  Debian, Ubuntu   apt install python3 python3-venv"; \
		echo "  Fedora           dnf install python3 python3-pip"; \
		echo "  Alpine           apk add python3 py3-pip"; \
		echo "An interpreter elsewhere is named with: make PYTHON=/path/to/python run"; \
	fi >&2; exit 1
