# Thin: each line is a command anyone could type.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

# Processes that share the tests out; each computes on one thread, so that they don't take the cores from each other.
JOBS   ?= 2

DISTS  := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml contrib/*/pyproject.toml))
DEMO   := $(addprefix -e ./plugins/,models-basic image-basic image-mix gradient-attacks explain)
META   := pyproject.toml constraints.txt $(addsuffix /pyproject.toml,$(DISTS))

.PHONY: help setup demo test test-one isolate lint docs bench wheels new clean clean-compiled

help:
	@echo "make demo | test | lint | test-one P=plugins/x | isolate [P=plugins/x] | wheels | bench | docs | new P=contrib/x K=transformation M=text"

$(VENV)/.tools: constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) "setuptools>=77" wheel
	@touch $@

# The demo's needs only: the core, five plugins, torch and scikit-learn.
$(VENV)/.demo: $(VENV)/.tools $(META)
	$(PIP) --no-build-isolation -e ".[torch,sklearn]" $(DEMO)
	@touch $@

# Everything: all plugins and what their tests need.
$(VENV)/.test: $(VENV)/.tools $(META)
	$(PIP) --no-build-isolation -e ".[torch,sklearn,hf,test,kernels,dev]" $(foreach d,$(DISTS),-e "./$(d)[test]")
	@touch $@ $(VENV)/.demo

setup: $(VENV)/.test

demo: $(VENV)/.demo
	$(BIN)/practicum run examples/harden-digits.yaml

test: $(VENV)/.test
	OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=90 $(PYTEST)

test-one: $(VENV)/.test
	@test -n "$(P)" || { echo "say which: make test-one P=plugins/text-noise"; exit 2; }
	$(PIP) --no-build-isolation --no-deps -e "./$(P)"
	$(BIN)/python -m pytest $(P) $(PYTEST)

isolate: wheels
	$(BIN)/python tests/isolate.py $(P)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy

wheels: $(VENV)/.tools
	rm -rf dist build $(addsuffix /build,$(DISTS))
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . $(addprefix ./,$(DISTS))
	@ls dist

bench: $(VENV)/.test
	@for file in $(wildcard benchmarks/bench_*.py plugins/*/benchmarks/bench_*.py); do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: $(VENV)/.test
	$(BIN)/python docs/generate.py

new: $(VENV)/.demo
	$(BIN)/practicum new $(P) --kind $(or $(K),transformation) --modality $(or $(M),text)

# numba doesn't see changes in the functions that a cached function calls.
clean-compiled:
	find core plugins contrib \( -name '*.nbi' -o -name '*.nbc' \) -delete

clean:
	rm -rf $(VENV) .venvs build dist runs
