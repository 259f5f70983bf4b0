"""Trained weights of the user's own, for networks too large to train here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from torch import nn

from ...errors import InputError, WeightsError
from ...files.weights import checksum, read_weights
from ...network.heads import State

#: Names the folder.
FOLDER = "CONSTRUCTION_WEIGHTS"
ENDINGS = (".safetensors", ".pt", ".pth")
#: What training counts and nothing reads.
COUNTER = "num_batches_tracked"
THESE = "Use the weights of this architecture."


class Given(NamedTuple):
    """Weights from a file.

    Attributes:
        weights: fit the model.
        file: its name.
        checksum: see `construction.files.weights.checksum`.
    """

    weights: State
    file: str
    checksum: str


def given(name: str, model: nn.Module) -> Given:
    """The weights ``$CONSTRUCTION_WEIGHTS/NAME.safetensors``, or .pt, or .pth.

    Raises:
        InputError: no such folder is named, or no such file is in it.
        WeightsError: see `construction.files.weights.read_weights` and `adopted`.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        raise InputError(
            f"the folder of the trained weights {name!r} in the environment variable {FOLDER}",
            "that it is not set",
            f"Save them there as {name}.safetensors.",
        )
    files = [Path(folder) / f"{name}{ending}" for ending in ENDINGS]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise InputError(
            f"a file {name}.safetensors, .pt or .pth in {folder}", "none", "Save the weights there."
        )
    weights = read_weights(file)
    return Given(adopted(model, weights), file.name, checksum(weights))


def adopted(model: nn.Module, weights: State) -> State:
    """The weights under the names of the model's own entries.

    Other implementations of an architecture name its layers otherwise but list them in the order of
    their definition. They are taken over by order where all shapes agree and all last parts of the
    names, as "weight" and "running_var"; counters of batches are left as the model has them.

    Raises:
        WeightsError: another number of entries, or one that differs.

    >>> import torch
    >>> found = adopted(nn.Linear(2, 1), {"fc.weight": torch.ones(1, 2), "fc.bias": torch.ones(1)})
    >>> list(found)
    ['weight', 'bias']
    """
    own = model.state_dict()
    wanted = [name for name in own if not name.endswith(COUNTER)]
    theirs = [name for name in weights if not name.endswith(COUNTER)]
    if set(theirs) == set(wanted):
        theirs = wanted
    if len(theirs) != len(wanted):
        raise WeightsError(f"{len(wanted)} entries", f"{len(theirs)}", THESE)
    for mine, other in zip(wanted, theirs, strict=True):
        if _kind(mine, own) != _kind(other, weights):
            raise WeightsError(
                f"an entry like {mine!r} of shape {_kind(mine, own)[1]}",
                f"{other!r} of shape {_kind(other, weights)[1]} in its place",
                f"{THESE} A .safetensors file does not keep their order, a .pt file does.",
            )
    return {**own, **{mine: weights[other] for mine, other in zip(wanted, theirs, strict=True)}}


def _kind(name: str, state: State) -> tuple[str, tuple[int, ...]]:
    return name.rsplit(".", 1)[-1], tuple(state[name].shape)
