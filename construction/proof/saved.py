"""Saves a proof with all that is needed to verify it: weights, data, steps, target and claims.

``python -m construction.recheck`` reads the file.
"""

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
from .bounds import BoundedNetwork
from .minimum import Ceiling
from .prover import cpu_in_full_precision, levels_of, prove

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
    with cpu_in_full_precision():
        network = BoundedNetwork(path.forward)
        arrays, loss = _numbers(path, network), network.loss
        manifest = {
            "statements": asdict(proof)["statements"],
            "steps": [asdict(step) for step in network.steps],
            "outputs": path.forward.model(path.forward.data.probe).shape[1],
            "loss": loss.name,
            "loss_options": {key: getattr(loss, key) for key in OPTIONS if hasattr(loss, key)},
            "levels": [],
        }
        if proof.statement("valley"):
            ends = (Ceiling(network, lam, lam).line(1.0).lowest for lam in (0.0, 1.0))
            levels = levels_of(path, network, *ends)
            for k, (stretch, level) in enumerate(zip(path.profile.stretches, levels, strict=True)):
                manifest["levels"].append({"branch": stretch.branch, "known": level.known})
                arrays[f"level/{k}/knots"] = level.knots
                arrays[f"level/{k}/heights"] = level.heights
    archive.write(Path(file), arrays, manifest)
    return proof


def _numbers(path: ScaledPath, network: BoundedNetwork) -> dict[str, NDArray[Any]]:
    """Of the base path and the data, exactly."""
    base: Any = path.forward.user_path
    arrays: dict[str, NDArray[Any]] = {
        "vertices": np.asarray(base.vertices, float),
        "inputs": torch.cat([tile.inputs for tile in network.tiles]).to(path.dtype).numpy(),
        "targets": network.targets.numpy(),
    }
    for k, state in enumerate(base.states):
        for name, value in state.items():
            exact = value.detach().cpu()  # numpy has no bfloat16
            coarse = exact.is_floating_point() and exact.element_size() < 4
            arrays[f"weights/{k}/{name}"] = (exact.float() if coarse else exact).numpy()
    return arrays
