"""A folder as a user has it: a model in a file, weights and data on disk, commands run in it."""

import json
import sys

import numpy as np
import torch
from safetensors.torch import save_file

from construction.__main__ import main

from .problems import trained

#: Model file of a network as `problems.trained` trains it.
NET = """
from construction.network.networks import mlp


def build():
    return mlp((3, 12, 8, 2))
"""
SOLVE = ("solve", "--model", "net.py:build", "--initial", "first.safetensors")
SOLVE += ("--final", "trained.safetensors", "--points", "11", "--check", "11")
REAL, CLASSES = ("--data", "real.npz"), ("--data", "classes.npz")


def settled_in(tmp_path, monkeypatch):
    """For a fixture: a folder with what the commands above name, made the current one.

    What is imported from it is forgotten afterwards.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    (tmp_path / "net.py").write_text(NET)
    _, line, (inputs, targets) = trained(torch.float32)
    for lam, name in ((0.0, "first"), (0.9, "late"), (1.0, "trained")):
        save_file(line(lam), f"{name}.safetensors")
    np.savez("real.npz", inputs=inputs.numpy(), targets=targets.numpy())
    np.savez("classes.npz", inputs=inputs.numpy(), targets=targets.argmax(1).numpy())
    yield tmp_path
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]


def strict_json(text: str) -> dict:
    """One JSON object, by the letter of the standard: no NaN, no Infinity."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def solved(*arguments) -> int:
    """The exit status of `solve` with more arguments."""
    return main([*SOLVE, *map(str, arguments)])
