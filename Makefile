# make path   trains, solves, renders the film of scenes/path.py
# make test   lint, types, all tests
# Both set up all they need first. PYTHON=... chooses the interpreter.

PYTHON ?= $(or $(firstword $(foreach v,3.13 3.12 3.11,$(shell command -v python$(v)))),python3)
BIN := .venv/bin
INSTALLED := .venv/installed
FILM := media/videos/path/720p30/Path.mp4

.PHONY: path test clean

path: $(INSTALLED)
	$(BIN)/python -m construction run mnist-mlp
	$(BIN)/manim render --quality m --media_dir media scenes/path.py
	@echo "The film: $(CURDIR)/$(FILM)"

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

$(INSTALLED): pyproject.toml constraints.txt .ci/prepare
	.ci/prepare "$(PYTHON)"
	"$(PYTHON)" -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[film,dev]'
	touch $@

clean:
	rm -rf .venv media build *.egg-info
