# Two commands do all the set-up: `make demo` and `make test`. The README shows what they do without make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: demo test bench lab format pins clean

demo: $(READY) data/sample/source.yaml
	$(BIN)/channelnb run params/sample.yaml

test: $(READY)
	$(BIN)/pre-commit run --all-files --color never
	$(BIN)/pytest --numprocesses auto --dist loadfile $(PYTEST_OPTIONS)

bench: $(READY)
	PYTHONPATH=tests $(BIN)/python -m bench $(BENCH_OPTIONS)

lab: $(READY) data/sample/source.yaml
	$(BIN)/jupyter lab --notebook-dir=. notebooks/00_start_here.ipynb

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

data/sample/source.yaml: $(READY)
	$(BIN)/channelnb sample data/sample

# Pins are names and versions only, so that they say nothing of where they were downloaded from.
pins:
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade --editable '.[dev]'
	$(BIN)/pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf $(VENV) data/sample runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
