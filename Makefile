CONFIG ?= report.toml
SITE ?= site
PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.installed
# the demo's faces are rendered only for a config that reads them
DEMO := $(shell grep -Eqs "^ *root *= *[\"']data/demo[\"']" "$(CONFIG)" && echo data/demo/faces.json)

.PHONY: report serve test lint train bench clean

report: $(READY) $(DEMO)
	@$(PYTHON) -m report build --config "$(CONFIG)" --site "$(SITE)"

serve: $(READY) $(DEMO)
	@$(PYTHON) -m report serve --config "$(CONFIG)" --site "$(SITE)" --port $(PORT)

test: lint
	$(PYTHON) -m pytest

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

train: $(READY)
	$(PYTHON) -m report demo --root data/train --count 26000 --seed 1
	$(PYTHON) -m report train --config models/demo.toml --run data/run --out models/demo.safetensors

bench: $(READY) data/demo/faces.json
	$(PYTHON) -m tests.bench

clean:
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m report clean --config "$(CONFIG)" --site "$(SITE)"; fi

$(READY): requirements.txt
	@python3 -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; this is " + sys.version)'
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement requirements.txt
	@touch $@

data/demo/faces.json: $(wildcard featamp/faces/*.py) | $(READY)
	@$(PYTHON) -m report demo --root data/demo
	@touch $@
