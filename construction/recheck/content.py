"""What a file holds: the weights, the data, the steps of the network, the target and the claims."""

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


def increasing(values: Any, first: float, last: float) -> bool:
    """Whether values strictly increase from the first to the last."""
    numbers = np.asarray(values, float)
    ends = len(numbers) > 1 and numbers[0] == first and numbers[-1] == last
    return bool(ends and (np.diff(numbers) > 0).all())


class File:
    """Arrays and manifest of a file that `construction.save_proof` wrote."""

    def __init__(self, path: str) -> None:
        with zipfile.ZipFile(path) as archive:
            self.manifest = json.loads(archive.read("manifest.json"))
            self.arrays: dict[str, Any] = {}
            for name in self.manifest["arrays"]:
                with archive.open(f"{name}.npy") as file:
                    self.arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
        self.vertices = self.arrays["vertices"].tolist()
        self.inputs = self.arrays["inputs"].astype(np.float64)
        self.targets = self.arrays["targets"]
        self.loss, self.options = self.manifest["loss"], self.manifest["loss_options"]
        self.levels = [
            (self.arrays[f"level/{k}/knots"], self.arrays[f"level/{k}/heights"])
            for k in range(len(self.manifest["levels"]))
        ]
        self.require_sense()

    def require_sense(self) -> None:
        """That the path is one path, the target one target, and loss and targets fit each other."""
        if not increasing(self.vertices, 0.0, 1.0):
            raise RefusedError(f"vertices {self.vertices} that do not increase from 0 to 1")
        if not all(np.isfinite(array).all() for array in self.arrays.values()):
            raise RefusedError("numbers that are not finite")
        if len(self.inputs) != len(self.targets) or not len(self.inputs):
            raise RefusedError("not as many targets as inputs")
        start = 0.0
        for k, (knots, heights) in enumerate(self.levels):
            stop = 1.0 if k == len(self.levels) - 1 else float(knots[-1])
            if not increasing(knots, start, stop) or len(knots) != len(heights):
                raise RefusedError(f"stretch {k} of a target, which does not go on from the last")
            start = stop

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
