# Everything here needs a Python (3.11 to 3.14) and make; the rest is installed into .venv.
#
#   make run     start the product on this machine         make run ARGS=--no-demo
#   make test    all tests                                 make test ARGS="-k campaigns"
#   make faults  processes killed, Redis gone, providers misbehaving (minutes; FAULTS=long: more of it)
#   make check   style, types and import directions
#   make lock    write requirements.lock anew from pyproject.toml
#   make bench   the benchmarks                            make bench ARGS=sms
#   make clean   remove what the other targets made; data/ stays

ARGS ?=
PYTHON ?=
BIN := .venv/bin

# Whatever is set outside: without compiled files each of the hundred processes that tests start compiles all it imports,
# for three seconds.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help environment run test faults check lock bench clean

help:
	@sed -n 's/^#   //p' Makefile

environment:
	@PYTHON='$(PYTHON)' sh tools/environment

run: environment
	@$(BIN)/unisoft run $(ARGS)

test: environment
	@$(BIN)/python -m tests.e2e.browser
	@$(BIN)/python -m tests.integration.postgres
	@$(BIN)/python -m unisoft_ui.build
	@$(BIN)/python -m pytest -n 3 --ignore tests/e2e --ignore tests/faults $(ARGS)
	@$(BIN)/python -m pytest -n 2 --dist worksteal tests/e2e $(ARGS)

faults: environment
	@$(BIN)/python -m tests.integration.postgres
	@$(BIN)/python -m pytest tests/faults $(ARGS)

check: environment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

lock: environment
	@command -v uv >/dev/null || [ -x .venv-lock/bin/uv ] || \
		{ $(BIN)/python -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv; }
	PATH="$$PATH:.venv-lock/bin" uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock

bench: environment
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .venv-lock .web .states .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
