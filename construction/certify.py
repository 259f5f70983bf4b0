"""Checks a constructed path with the user's own model, in float64.

The weights that the path returns, head really rescaled, are loaded into the model, it runs on the
data, and the objective is averaged anew: neither the sheet, nor its roots, nor the solver's forward
pass is used. What is checked is checked at N points; nothing is claimed between them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from .certificate import Certificate
from .errors import InputError
from .sheet import Array

if TYPE_CHECKING:
    from .monotone import MonotonePath

#: Largest relative deviation from the target that is accepted, by the type of the solve's forward
#: pass; chosen here as a few times what rounding makes of it on the default run.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}

#: Objectives below this share of L(0) are compared on its scale: predictions of the targets' size,
#: rounded, leave no more digits of so small a difference from the targets.
FLOOR = 5e-3


def certify(path: MonotonePath, points: int = 1001) -> Certificate:
    """Measure the objective of `path.weights(s)`, rescaled in float64, at `points` values of s.

    Args:
        path: as `construction.construct` returns it.
        points: at least 5; shared out over the phases by their length in s. In a travel every
            second one is a lambda of the solver's grid, the others lie between grid lambdas.

    Raises:
        InputError: fewer than 5 points, or a model that does not run in float64.
    """
    if not isinstance(points, int) or points < 5:
        raise InputError("at least 5 points", f"{points}", "1001 is a good number.")
    judge = _Judge(path)
    s, off_grid = _where(path, points)
    found = []
    for x in tqdm(s, "certificate", disable=None, leave=False):
        here = path.at(float(x))
        found.append(
            (here.lam, here.target, judge.objective(path.weights(float(x), torch.float64)))
        )
    lam, target, objective = np.transpose(found)
    initial, final = (judge.objective(path.forward.user_path(end)) for end in (0.0, 1.0))
    return Certificate(
        s=s,
        lam=lam,
        objective=objective,
        off_grid=off_grid,
        largest_step=float(np.diff(objective).max()),
        deviation=_relative(objective, target, path.zero_objective),
        initial_error=_relative(objective[0], initial, path.zero_objective),
        final_error=_relative(objective[-1], final, path.zero_objective),
        tolerance=TOLERANCE[path.dtype],
    )


class _Judge:
    """The user's model in float64 and its mean squared distance to the targets."""

    def __init__(self, path: MonotonePath) -> None:
        forward = path.forward
        self.model = copy.deepcopy(forward.user_model).double().eval().to(forward.device)
        inputs, targets = forward.inputs, forward.targets
        self.inputs = inputs.double() if inputs.is_floating_point() else inputs
        self.targets = targets.double()

    def objective(self, state: dict[str, torch.Tensor]) -> float:
        self.model.load_state_dict(state)
        total = 0.0
        with torch.no_grad():
            for k in range(0, len(self.inputs), 1000):
                predicted = self._predict(self.inputs[k : k + 1000])
                total += float(((predicted - self.targets[k : k + 1000]) ** 2).sum())
        return total / len(self.targets)

    def _predict(self, inputs: torch.Tensor) -> torch.Tensor:
        try:
            predicted: torch.Tensor = self.model(inputs)
        except (RuntimeError, TypeError) as error:
            raise InputError(
                "a model that runs in float64, in which the check is made",
                str(error),
                "Let it create no tensors of a fixed type or device.",
            ) from error
        return predicted


def _where(path: MonotonePath, points: int) -> tuple[Array, NDArray[np.bool_]]:
    """Values of s, increasing from 0 to 1, and which of them travel between grid lambdas."""
    travels = [phase for phase in path.phases if phase.name == "travel"]

    def travelling(s: float) -> bool:
        return any(phase.start < s < phase.stop for phase in travels)

    chosen = {0.0, 1.0} | {phase.stop for phase in path.phases}
    spread = np.linspace(0, 1, points - len(chosen) + 2)
    for k, s in enumerate(spread[1:-1].tolist()):
        near = float(path.s[np.argmin(np.abs(path.s - s))])
        if k % 2 and travelling(s) and not _among(chosen, near):
            s = near
        while _among(chosen, s):  # a neighbour moved here, to the grid
            s = (s + float(spread[k + 2])) / 2
        chosen.add(s)
    ordered = sorted(chosen)
    off = [travelling(s) and not _among(path.s, s) for s in ordered]
    return np.array(ordered), np.array(off)


def _among(values: Iterable[float], s: float) -> bool:
    """Whether s is one of the values up to rounding, which would compare a point with itself."""
    return any(abs(value - s) < 1e-9 for value in values)


def _relative(found: Array | float, wanted: Array | float, zero_objective: float) -> float:
    """Largest deviation relative to `wanted`, or to `FLOOR` times L(0) where that is larger."""
    size = np.maximum(np.abs(wanted), FLOOR * zero_objective)
    return float(np.max(np.abs(np.subtract(found, wanted)) / size))
