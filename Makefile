# make path       trains, solves, renders the film of scenes/path.py: media/path.mp4
# make lecture    renders the films of a class hour, and makes deck, slides and handout of them:
#                 media/lecture/index.html
# make test       lint, types, and the tests but for those marked slow
# make test-all   the same, and then the slow ones
# make docs       builds the site: build/docs/index.html, read from disk
# Each sets up all it needs first. PYTHON=... chooses the interpreter.

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
at = @echo "$$(date -u +%H:%M:%S) $(1)"
INSTALL := $(BIN)/pip install --quiet --constraint constraints.txt --editable

# else each process, of those that tests start too, compiles torch, sympy and manim anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: path lecture docs test test-all clean

path: .venv/film
	$(BIN)/python -m construction render path

lecture: .venv/lecture
	$(BIN)/python -m construction lecture

test: .venv/dev
	$(call at,lint and tests)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup

test-all: test
	$(call at,programs that open pages)
	.ci/prepare "$(PYTHON)" seen
	$(call at,slow tests)
	$(BIN)/python -m pytest -v -m slow --numprocesses auto --dist loadgroup

docs: .venv/docs
	$(BIN)/python -m sphinx -W --keep-going -q docs build/docs
	@echo build/docs/index.html

.venv/film: pyproject.toml constraints.txt .ci/prepare
	.ci/prepare "$(PYTHON)"
	"$(PYTHON)" -m venv .venv
	$(INSTALL) '.[film]' --no-compile  # modules are compiled when they are first imported
	touch $@

.venv/lecture: .venv/film
	$(INSTALL) '.[lecture]'
	touch $@

.venv/dev: .venv/film
	$(INSTALL) '.[lecture,docs,dev]'
	touch $@

.venv/docs: .venv/film
	$(INSTALL) '.[docs]'
	touch $@

clean:
	rm -rf .venv media build docs/_figures *.egg-info
