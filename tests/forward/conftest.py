"""Fixtures of the tests of methods and of flips."""

import pytest

from construction.forward import choice, flips


@pytest.fixture
def served_small(monkeypatch):
    """Let other methods serve small problems too."""
    monkeypatch.setattr(choice, "ENOUGH", 0)
    monkeypatch.setattr(choice, "INTERPOLATED", 0)


@pytest.fixture(params=["in loops", "sorted"])
def walk(request, monkeypatch):
    """Flips as a CPU follows them, and as any other device does."""
    for module in (choice, flips):
        monkeypatch.setattr(module, "loops", lambda _: request.param == "in loops")
