# make setup, then make check test; make check PYTHON=/path/to/python uses another environment.
VENV ?= .venv
PYTHON ?= $(VENV)/bin/python
BIN = $(if $(findstring /,$(PYTHON)),$(dir $(PYTHON)))

# Where test-openmmlab has mmcv, mmdet and mmpose; the compiled mmcv is kept outside the checkout.
OPENMMLAB_VENV ?= .venv-openmmlab

.PHONY: setup check format test test-configs test-thorough openmmlab test-openmmlab demo

setup:
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install -c constraints.txt -e '.[test,dev]'
	$(VENV)/bin/wildpose models fetch

check:
	$(BIN)ruff format --check .
	$(BIN)ruff check .
	$(BIN)pyright --pythonpath $(PYTHON)
	$(BIN)lint-imports

format:
	$(BIN)ruff check --fix .
	$(BIN)ruff format .

test:
	$(PYTHON) -m pytest -n 2 --dist loadfile

# Every config and each of its rows, built and stepped once; test takes the configs themselves.
test-configs:
	$(PYTHON) -m pytest -n 2 --dist loadfile -m "not slow" tests/test_configs.py tests/test_picture_configs.py

# What test leaves out for the sake of time: long real clips, many kills, many damaged videos.
test-thorough:
	$(PYTHON) -m pytest -n 2 --dist loadfile -m thorough

# An environment with OpenMMLab's packages: a quarter of an hour once, then a minute.
openmmlab:
	test -x $(OPENMMLAB_VENV)/bin/python || python3 -m venv $(OPENMMLAB_VENV)
	$(OPENMMLAB_VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[test]'
	$(OPENMMLAB_VENV)/bin/wildpose models fetch
	tools/install_openmmlab.sh $(OPENMMLAB_VENV)/bin/python

# What test skips where those packages are not.
test-openmmlab: openmmlab
	$(OPENMMLAB_VENV)/bin/python -m pytest -n 2 --dist loadfile tests/test_openmmlab_*.py tests/test_install_openmmlab.py

# A rendered actor, then what wildpose sees: results/demo/overlay.mp4
demo:
	mkdir -p results
	$(PYTHON) tools/make_demo.py results/demo.mp4
	$(PYTHON) tools/run_video.py results/demo.mp4 --out results
