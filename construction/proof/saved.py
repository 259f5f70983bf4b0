"""Saves a proof with all that is needed to verify it: weights, data, steps, target and claims.

``python -m construction.recheck`` reads the file.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..answers.certificate import Proof
from ..errors import InputError
from ..files import archive
from ..solve.scaled_path import ScaledPath
from .ceiling import Value
from .prover import levels_of, plainly, prove
from .subject import Subject

#: What a loss is made of beside its name.
OPTIONS = ("smoothing", "delta", "quantile")


def save_proof(path: ScaledPath, file: str | Path, proof: Proof | None = None) -> Proof:
    """Write a proof of the path to a file.

    Args:
        path: as `construction.construct` returns it.
        file: an archive of plain arrays and a JSON manifest.
        proof: of this path; made when None.

    Returns:
        The proof that was saved.

    Raises:
        InputError: nothing could be proved, so there is nothing to save.
        CacheError: the folder cannot be written.
    """
    proof = prove(path) if proof is None else proof
    if proof.reason:
        raise InputError(
            "a path of which something is proved", "none", f"The reason: {proof.reason}"
        )
    with plainly():
        arrays, told = _content(path, proof)
    archive.write(Path(file), arrays, told)
    return proof


def _content(path: ScaledPath, proof: Proof) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    subject = Subject(path.forward)
    arrays, told = _subject(path, subject), _claims(proof, subject, path)
    told["levels"] = []
    if proof.statement("valley"):
        levels = levels_of(path, subject, Value(subject, 0.0), Value(subject, 1.0))
        for k, (stretch, level) in enumerate(zip(path.profile.stretches, levels, strict=True)):
            told["levels"].append({"branch": stretch.branch, "known": level.known})
            arrays[f"level/{k}/knots"] = level.knots
            arrays[f"level/{k}/heights"] = level.heights
    return arrays, told


def _subject(path: ScaledPath, subject: Subject) -> dict[str, NDArray[Any]]:
    base: Any = path.forward.user_path
    arrays: dict[str, NDArray[Any]] = {
        "vertices": np.asarray(base.vertices, float),
        "inputs": torch.cat([inputs for inputs, _ in subject.tiles]).to(path.dtype).numpy(),
        "targets": subject.targets.numpy(),
    }
    for k, state in enumerate(base.states):
        for name, value in state.items():
            exact = value.detach().cpu()  # numpy has no bfloat16
            coarse = exact.is_floating_point() and exact.element_size() < 4
            arrays[f"weights/{k}/{name}"] = (exact.float() if coarse else exact).numpy()
    return arrays


def _claims(proof: Proof, subject: Subject, path: ScaledPath) -> dict[str, Any]:
    loss = subject.loss
    return {
        "statements": asdict(proof)["statements"],
        "steps": [asdict(step) for step in subject.steps],
        "outputs": path.forward.model(path.forward.data.probe).shape[1],
        "loss": loss.name,
        "loss_options": {key: getattr(loss, key) for key in OPTIONS if hasattr(loss, key)},
    }
