"""What `solve` and `certify` are asked about: model, base path, data and loss, and their origin."""

from __future__ import annotations

import platform
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from ..errors import InputError
from ..files.user_code import call_user_code
from ..files.weights import checksum, read_weights
from ..forward.samples import Data
from ..loss.loss import Loss
from ..path import bezier, paths
from .asked_loss import asked_loss
from .samples import read_data

DTYPES = {None: None, "float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Problem:
    """All that was read.

    Attributes:
        model: as the user's function returned it.
        path: through the weights, in the order of `weights`.
        data: tensors or a DataLoader.
        loss: with its options.
        origin: where everything came from, with checksums, as plain JSON values.
    """

    model: nn.Module
    path: paths.Path
    data: Data
    loss: Loss
    origin: Mapping[str, Any]

    @property
    def options(self) -> dict[str, Any]:
        """Those of `construction.measure` that the user need not repeat to check a result."""
        told = self.origin
        return {
            "loss": self.loss,
            "head": told["head"],
            "batch_norm": told["batch_norm"],
            "dtype": DTYPES[told["dtype"]],
            "tf32": told["tf32"],
        }


def read(options: Namespace) -> Problem:
    """Read model, weights and data from the places that the command line names.

    Raises:
        InputError, WeightsError, DataError: something cannot be read; the message says what.
    """
    model = call_user_code(options.model, options.model_args, "a model")
    if not isinstance(model, nn.Module):
        raise InputError(
            f"{options.model} to return an nn.Module",
            type(model).__name__,
            "Return the network itself, with any weights.",
        )
    files, kind = _files(options)
    states = [read_weights(file) for file in files]
    data = read_data(options.data, options.data_args)
    loss_options = dict(options.loss_option)
    origin = {
        "model": options.model,
        "model_args": options.model_args,
        "path": kind,
        "weights": [
            {"file": str(file), "sha256": checksum(state)}
            for file, state in zip(files, states, strict=True)
        ],
        "data": {"source": list(options.data), "args": options.data_args, **_known_again(data)},
        "loss": options.loss,
        "loss_options": loss_options,
        "profile": options.profile,
        "head": options.head,
        "batch_norm": options.batch_norm,
        "dtype": options.dtype,
        "tf32": options.tf32,
    }
    made = bezier.Bezier(states) if kind == "bezier" else _polyline(states)
    return Problem(model, made, data, asked_loss(options.loss, loss_options), origin)


def _files(options: Namespace) -> tuple[list[Path], str]:
    """The files of weights from first to last, and what the base path makes of them."""
    between = options.checkpoint or options.bezier or []
    kind = "bezier" if options.bezier else "polyline" if options.checkpoint else "line"
    return [options.initial, *between, options.final], kind


def _polyline(states: Sequence[dict[str, torch.Tensor]]) -> paths.Polyline:
    return paths.Line(*states) if len(states) == 2 else paths.Polyline(states)


def _known_again(data: Data) -> dict[str, Any]:
    """The checksum of tensors; what a loader gives is not read for one."""
    if isinstance(data, DataLoader):
        return {"samples": None, "sha256": None}
    inputs, targets = (torch.as_tensor(part) for part in data)
    both = {"inputs": inputs, "targets": targets}
    return {"samples": len(inputs), "sha256": checksum(both)}


def versions() -> dict[str, str]:
    """Of all that numbers depend on."""
    found = {package: version(package) for package in ("construction", "torch", "numpy")}
    return {"python": platform.python_version(), **found}
