# The one list of commands: people and .ci/run call the same targets.
# Needs make and Python 3.11 to 3.14 with venv; everything else goes into .venv.

.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow test-api test-browser test-street check lint fix bench requirements street-weights clean
.DELETE_ON_ERROR:

# What a shell was given for other projects must not leak into this one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

# The first interpreter that fits; python3 if none does, so that preflight can say why.
ifndef PYTHON
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null \
	&& echo $$p && exit; done; echo python3)
endif

BIN := .venv/bin
UV := UV_LINK_MODE=$${UV_LINK_MODE:-$$($(PYTHON) deploy/preflight.py --link-mode)} $(BIN)/uv
# Tests and benchmarks ask nobody on the network for anything.
OFFLINE := HF_HUB_OFFLINE=1 YOLO_OFFLINE=1 YOLO_AUTOINSTALL=false
PYTEST := $(OFFLINE) $(BIN)/python -m pytest
CODE := detectors retrieval pipeline deploy tests

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

install: .venv/.installed ## install into .venv: about 4.2 GB to download, 8 GB on disk

demo: install ## see it work: no GPU, no camera, no server
	$(BIN)/descry demo --keep

# A file at a time on each of two processes: much of what is tested waits for processes of its own.
PROCESSES ?= 2
test: install ## all tests but the slow ones: a quarter of an hour on two cores
	$(PYTEST) -n $(PROCESSES) --dist loadfile -m "not slow"

# pytest ends with 5 when there is nothing to run.
test-slow: install ## the tests that take long: soaks, kills, training; half an hour on two cores
	$(PYTEST) -m slow --ignore tests/browser || [ $$? -eq 5 ]

test-browser: install ## the console in a real browser (Debian's chromium): some minutes
	$(PYTEST) -m slow tests/browser

test-api: install ## the API: requests made from its own description, also to a running system, and every route as everybody
	$(PYTEST) tests/unit/pipeline/api/test_openapi.py tests/unit/pipeline/api/test_authorisation.py
	$(PYTEST) -m slow tests/e2e/test_openapi.py

test-street: .venv/.street ## the slow tests that draw the street and train on it
	$(PYTEST) -m slow tests/integration/test_street_render.py tests/integration/test_street_recipe.py

check: lint ## what `lint` does, and the unit tests: minutes
	$(PYTEST) -q -m "not slow" tests/unit $(wildcard tests/test_*.py)

lint: install ## format, lint, types, imports: a minute
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	$(BIN)/mypy deploy/preflight.py
	$(BIN)/lint-imports

fix: install ## format, and mend what ruff can
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

# A script that cannot run without arguments ends with 2 and its usage: not a failure here.
bench: install ## measure, and print what belongs in tests/benchmarks/RESULTS.md
	@for script in tests/benchmarks/*.py; do \
		[ -e "$$script" ] || continue; \
		echo "== $$script (arguments: $(BIN)/python $$script --help)"; \
		$(OFFLINE) $(BIN)/python "$$script" || [ $$? -eq 2 ] || exit 1; \
	done

# `make requirements UPGRADE=--upgrade` takes the newest versions that pyproject.toml allows.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header $(UPGRADE)
requirements: .venv/.bootstrapped ## pin versions and hashes anew, after a change in pyproject.toml
	$(COMPILE) pyproject.toml --group test --group lint --output-file requirements.txt
	$(COMPILE) --group build --constraints requirements.txt --output-file requirements-build.txt
	$(COMPILE) pyproject.toml --extra street --constraints requirements.txt \
		--output-file requirements-street.txt
	@for file in requirements.txt requirements-build.txt requirements-street.txt; do \
		{ echo '# Made by `make requirements`; do not edit. Versions and hashes, no addresses.'; \
		grep -v '^# Made by ' $$file; } > $$file.new && mv $$file.new $$file; done

# The renderer of the street, for those who draw it anew: 200 MB more.
.venv/.street: .venv/.installed requirements-street.txt
	$(UV) pip install --python $(BIN)/python --require-hashes -r requirements-street.txt
	@touch $@

street-weights: .venv/.street ## draw the street, train the bundled weights anew: hours on two cores
	$(OFFLINE) $(BIN)/python -m pipeline.street.recipe --out street-weights --into retrieval/weights/bundled

clean: ## remove what was built or cached in the checkout, but not .venv
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

# A .venv that was interrupted or lost its Python has no pip that runs, and the scripts of one that
# moved with its checkout point to where it was: start over.
MOVED := $(shell [ -e .venv/.installed ] && [ "$$(cat .venv/.installed)" != "$(CURDIR)" ] \
	&& echo moved)
.PHONY: moved
# PIP_USER: a `user = true` in somebody's pip settings would refuse a virtual environment.
.venv/.bootstrapped: requirements-build.txt $(MOVED)
	@command -v $(PYTHON) >/dev/null || { echo "no $(PYTHON) here: install Python 3.11 with venv, \
	by 'sudo apt-get install -y python3 python3-venv', say" >&2; exit 1; }
	@$(PYTHON) deploy/preflight.py --quiet
	@[ -z "$(MOVED)" ] && $(BIN)/python -m pip --version >/dev/null 2>&1 \
		|| $(PYTHON) -m venv --clear .venv
	PIP_USER=0 $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-build.txt
	@touch $@

# uv does not read pip's settings; where it fails (a mirror, a certificate), pip itself tries.
.venv/.installed: .venv/.bootstrapped requirements.txt pyproject.toml
	@$(PYTHON) deploy/preflight.py
	$(UV) pip install --python $(BIN)/python --require-hashes -r requirements.txt || \
		{ echo "uv could not; pip tries, with its own settings" >&2; PIP_USER=0 $(BIN)/python -m pip \
		install --disable-pip-version-check --require-hashes -r requirements.txt; }
	$(UV) pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation -e .
	@echo '$(CURDIR)' > $@
