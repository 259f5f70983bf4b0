"""Proofs written without the prover: one linear layer whose outputs are prescribed.

The inputs are one-hot, so the outputs of sample k at a vertex are the k-th column of the weight
there, and straight in between.
"""

import json
import zipfile
from typing import NamedTuple

import numpy as np

FORMAT = 3
NO_CLAIM = {"sample": -1, "plus": -1, "minus": -1, "scale": 0.0, "low": 0.0, "touches": ""}


class Stretch(NamedTuple):
    """A stretch of the target."""

    branch: str
    knots: tuple[float, ...]
    heights: tuple[float, ...]


def claim(start, stop, bound=1.0, **values):
    return NO_CLAIM | {"start": start, "stop": stop, "bound": bound} | values


def written(file, outputs, targets, loss, statements, levels=(), vertices=(0.0, 1.0), **options):
    """Write the proof; outputs are (vertices, samples, outputs), statements claims by name."""
    outputs = np.asarray(outputs, float)
    arrays = {
        "vertices": np.array(vertices),
        "inputs": np.eye(outputs.shape[1]),
        "targets": targets,
    }
    for k, out in enumerate(outputs):
        arrays[f"weights/{k}/weight"] = np.ascontiguousarray(out.T)
    for k, level in enumerate(levels):
        arrays[f"level/{k}/knots"] = np.asarray(level.knots)
        arrays[f"level/{k}/heights"] = np.asarray(level.heights)
    steps = [
        {"kind": "input", "reads": [], "name": "", "bias": False, "options": {}},
        {"kind": "linear", "reads": [0], "name": "", "bias": False, "options": {}},
    ]
    manifest = {
        "statements": [{"name": name, "intervals": found} for name, found in statements.items()],
        "steps": steps,
        "loss": loss,
        "loss_options": options,
        "levels": [{"branch": level.branch, "known": True} for level in levels],
    }
    return str(sealed(file, manifest, {name: np.asarray(one) for name, one in arrays.items()}))


def sealed(file, manifest, arrays):
    """Write an archive as `save_proof` does."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        whole = {"format": FORMAT} | manifest | {"arrays": list(arrays)}
        archive.writestr("manifest.json", json.dumps(whole))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as part:
                np.lib.format.write_array(part, array)
    return file
