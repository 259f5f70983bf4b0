"""The content of a saved proof."""

from __future__ import annotations

import json
import zipfile
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class RefusedError(Exception):
    """A claim that does not follow."""


class File:
    """The content of a proof."""

    def __init__(self, path: str) -> None:
        with zipfile.ZipFile(path) as archive:
            self.told = json.loads(archive.read("manifest.json"))
            self.arrays: dict[str, Any] = {}
            for name in self.told["arrays"]:
                with archive.open(f"{name}.npy") as file:
                    self.arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
        self.vertices = self.arrays["vertices"].tolist()
        self.inputs = self.arrays["inputs"].astype(np.float64)
        self.targets = self.arrays["targets"]
        self.loss, self.options = self.told["loss"], self.told["loss_options"]

    def weights(self, name: str, segment: int, lam: float) -> tuple[Array, Array]:
        """An entry at a lambda of a segment, and what its rounding is relative to."""
        first = self.arrays[f"weights/{segment}/{name}"].astype(np.float64)
        last = self.arrays[f"weights/{segment + 1}/{name}"].astype(np.float64)
        start, stop = self.vertices[segment : segment + 2]
        share = (lam - start) / (stop - start)
        return first + share * (last - first), np.abs(first) + np.abs(last)

    def segment_of(self, left: float, right: float) -> int:
        """The segment on which both lambdas lie; refuses those that lie on none."""
        low, high = min(left, right), max(left, right)
        for k, (start, stop) in enumerate(pairwise(self.vertices)):
            if start <= low and high <= stop:
                return k
        raise RefusedError(f"[{low}, {high}] runs over a vertex of the path")
