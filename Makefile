# Two commands matter to a user: `make demo` and `make test`. Both build what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint types check bench soak clean

demo: $(VENV)/.demo  ## run a whole meeting against the mock and print its results
	$(BIN)/mock-tingwu demo $(DEMO)

# Tests wait half of the time, for servers of their own: three share two cores well.
test: $(VENV)/.test  ## run the test suite
	$(BIN)/python -m pytest -n 3 $(PYTEST)

lint: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types test

bench: $(VENV)/.test  ## measure speed, as ratios against baselines
	$(BIN)/python -m benchmarks.run $(BENCH)

SECONDS ?= 600

soak: $(VENV)/.test  ## mixed traffic with faults on, checked for leaks and for what the model says
	$(BIN)/python -m benchmarks.soak --seconds $(SECONDS)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing mock-tingwu into $(VENV) ..."
	$(PIP) install -c constraints.txt -e '.[media]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing mock-tingwu and its test dependencies into $(VENV) ..."
	$(PIP) install -c constraints.txt -e '.[media,test]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[media,test,dev]'
	@touch $@

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
