CONFIG ?= report.toml
SITE ?= site
PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := PIP_USER=0 $(PYTHON) -m pip install --quiet
# stamps: what a report needs is installed; what the tests need as well
READY := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
# the demo's faces are rendered only for a config that reads them
DEMO := $(shell grep -Eqs "^ *root *= *[\"']data/demo[\"']" "$(CONFIG)" && echo data/demo/faces.json)
RENDERER := $(wildcard featamp/demo/faces/*.py)

.PHONY: report serve live test lint train models compare bench lock audit clean

report: $(READY) $(DEMO)
	@$(PYTHON) -m report build --config "$(CONFIG)" --site "$(SITE)"

serve: $(READY) $(DEMO)
	@$(PYTHON) -m report serve --config "$(CONFIG)" --site "$(SITE)" --port $(PORT) $(addprefix --allow ,$(ALLOW))

# what the page Live needs besides; then the report with it
live: $(READY)
	$(PIP) onnx onnxruntime
	@$(MAKE) --no-print-directory report

# the processes are side by side already: more threads in each would wait for one another; one
# more than there are cores, since tests of pages wait for a browser
test: lint
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 \
		$(PYTHON) -m pytest --numprocesses $$($(PYTHON) -c "import os; print(1 + os.cpu_count())") --dist loadfile --no-loadscope-reorder

lint: $(TESTABLE)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

train: $(READY)
	$(PYTHON) -m report demo --root data/train --count 26000 --seed 1
	$(PYTHON) -m report train --config models/demo.toml --run data/run --out models/demo.safetensors

# one network, one budget, one list of seeds; a run that was interrupted goes on, one that is whole is not repeated
SEEDS := 0 1 2
FEW := --config models/few.toml --network components --latent-dim 10 --decoder-variance 0.02 \
	--epochs 40 --learning-rate 0.002
STANDARD := --objective standard --kl-epochs 0
CAPACITY := --objective capacity --weight 100 --capacity 16 --kl-epochs 24
FACTOR := --objective factor --weight 25 --kl-start 300 --kl-epochs 16
RUNS := data/few-runs

models: $(READY)
	$(PYTHON) -m report demo --root data/few-train --count 12000 --seed 1 --factors few
	$(PYTHON) -m report demo --root data/few --count 2500 --factors few
	set -e; for seed in $(SEEDS); do \
		$(call row,standard,$(STANDARD)); $(call row,capacity,$(CAPACITY)); \
		$(call row,factor,$(FACTOR)); done
	$(PYTHON) -m tests.rows $(RUNS) data/few models
row = $(PYTHON) -m report train $(FEW) $(2) --seed $$seed --cache $(RUNS) \
	--run $(RUNS)/$(1)-$$seed --out $(RUNS)/$(1)-$$seed/model.safetensors

# the models of `make models` side by side
compare: $(READY)
	@$(PYTHON) -m report demo --root data/few --count 2500 --factors few
	@$(PYTHON) -m report build --config models/compare.toml --site site-compare

bench: $(READY) data/demo/faces.json
	$(PYTHON) -m tests.bench

# every version and hash anew, as far as what is locked allows; UPGRADE=--upgrade moves them all
lock: $(READY)
	$(PIP) uv
	$(LOCK) --output-file requirements.lock
	$(LOCK) --output-file requirements-test.lock --extra test --constraint requirements.lock
LOCK = $(VENV)/bin/uv pip compile pyproject.toml $(UPGRADE) --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command "make lock"

# known weaknesses of what is locked, where the package index tells of them
audit: $(READY)
	$(PIP) pip-audit
	$(VENV)/bin/pip-audit --requirement requirements-test.lock --require-hashes --disable-pip

clean:
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m report clean --config "$(CONFIG)" --site "$(SITE)"; fi

$(PYTHON):
	@python3 -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; this is " + sys.version)'
	python3 -m venv $(VENV)

$(READY): requirements.lock | $(PYTHON)
	$(PIP) --require-hashes --requirement requirements.lock
	@touch $@

$(TESTABLE): requirements-test.lock | $(PYTHON)
	$(PIP) --require-hashes --requirement requirements-test.lock
	@touch $(READY) $@

data/demo/faces.json: $(RENDERER) | $(READY)
	@$(PYTHON) -m report demo --root data/demo
	@touch $@
