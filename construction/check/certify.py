"""Checks a constructed path with the user's own model, in float64.

The weights that the path returns, head really rescaled, are loaded into the model, it runs on the
data, and the objective is averaged anew: neither the sheet, nor its roots, nor the solver's forward
pass is used. What is checked is checked at N points; nothing is claimed between them.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from ..answers.certificate import Certificate
from ..arrays import Array
from ..errors import InputError
from ..forward.ranks import bar_disabled, sharing_errors
from ..solve.scaled_path import ScaledPath
from .judge import Judge

#: Largest relative deviation from the target that is accepted, by the type of the solve's forward
#: pass; chosen here as a few times what rounding makes of it on the default run.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}

#: A deviation is relative to the objective, but to no less than `FLOOR` L(0): predictions of the
#: targets' size, rounded, leave no more digits of so small a difference from the targets. And to no
#: less than `ROUNDED` times the objective's condition (`construction.check.judge`), for where
#: rounding of the predictions moves it by more than its own size: the tolerance is then that of
#: predictions rounded to about four units in the last place.
FLOOR, ROUNDED = 5e-3, 0.25

#: Values of s no further apart than this are one point, but for rounding.
SAME = 1e-9


@sharing_errors()
def certify(path: ScaledPath, points: int = 1001) -> Certificate:
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
    judge = Judge(path.forward)
    s, off_grid = _points_of(path, points)
    measurements = []
    for x in tqdm(s, "certificate", disable=bar_disabled(), leave=False):
        here = path.at(float(x))
        measured = judge.measure(path.weights(float(x), torch.float64))
        measurements.append((here.lam, here.target, *measured))
    lam, target, objective, condition = np.transpose(measurements)
    sizes = reference_size(target, condition, path.zero_objective)
    ends = path.forward.state if path.forward.batch_norm == "recompute" else path.forward.user_path
    initial, final = (judge.objective(ends(end)) for end in (0.0, 1.0))
    deviations = np.abs(objective - target) / sizes
    return Certificate(
        s=s,
        lam=lam,
        objective=objective,
        off_grid=off_grid,
        largest_step=float(np.diff(objective).max()),
        deviation=float(deviations.max()),
        initial_error=float(abs(objective[0] - initial) / sizes[0]),
        final_error=float(abs(objective[-1] - final) / sizes[-1]),
        tolerance=TOLERANCE[path.dtype],
    )


def _points_of(path: ScaledPath, points: int) -> tuple[Array, NDArray[np.bool_]]:
    """Values of s, increasing from 0 to 1, and which of them travel between grid lambdas."""
    corners = np.array([0.0, *(phase.stop for phase in path.phases)])
    spread = np.linspace(0, 1, max(points - len(corners), 0) + 2)[1:-1]
    every_second = _travelling(path, spread) & (np.arange(len(spread)) % 2 == 1)
    spread[every_second] = _nearest(path.s, spread[every_second])
    s = _distinct(np.concatenate([corners, spread]))
    while len(s) < points:
        gaps = np.argsort(np.diff(s))[len(s) - 1 - (points - len(s)) :]
        s = _distinct(np.concatenate([s, (s[gaps] + s[gaps + 1]) / 2]))
    return s, _travelling(path, s) & (np.abs(_nearest(path.s, s) - s) > SAME)


def _travelling(path: ScaledPath, s: Array) -> NDArray[np.bool_]:
    """Whether lambda runs at each s, the ends of a phase excluded."""
    travels = [phase for phase in path.phases if phase.name == "travel"]
    inside: NDArray[np.bool_] = np.any([(s > p.start) & (s < p.stop) for p in travels], axis=0)
    return inside


def _nearest(grid: Array, s: Array) -> Array:
    """The entry of an increasing grid that is nearest to each s."""
    after = np.clip(np.searchsorted(grid, s), 1, len(grid) - 1)
    return np.where(s - grid[after - 1] < grid[after] - s, grid[after - 1], grid[after])


def _distinct(s: Array) -> Array:
    """In order, and no two closer than `SAME`, which would compare a point with itself."""
    ordered: Array = np.sort(s)
    apart: NDArray[np.bool_] = np.concatenate([[True], np.diff(ordered) > SAME])
    return ordered[apart]


def reference_size(objective: Array, condition: Array, zero_objective: float) -> Array:
    """The size to which a deviation is relative: the objective's, or `FLOOR`, or `ROUNDED`.

    >>> reference_size(np.array([2.0, 1e-6]), np.array([1.0, 0.1]), 1.0).tolist()
    [2.0, 0.025]
    """
    floor = np.maximum(FLOOR * abs(zero_objective), ROUNDED * condition)
    return np.maximum(np.abs(objective), floor)
