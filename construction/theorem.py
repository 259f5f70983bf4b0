"""Theorem 1 of Safran and Shamir (ICML 2016, arXiv 1511.04210), constructed.

*Travel*: follow lambda from 0 to 1 with the objective held on a decreasing target by the scale c.
*Descend*: at lambda = 1 lower c along the right branch until the objective is L(W(1)). The valley
profile *shrinks* instead: it moves c to c* where the sheet's minimum is highest, and travels on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from .conditions import Conditions, examine, sheet_barrier
from .errors import InputError, RootError
from .forward import Data, Forward
from .monotone import MonotonePath, Target
from .paths import Path, Polyline
from .profiles import Levels, custom, even, paper
from .sheet import Array, Sheet
from .valley import Valley, valley

Profile = str | Callable[[float], float]

NO_WAY_DOWN = (
    "No path on this sheet goes down: try another base path, such as a Polyline through training "
    "checkpoints."
)


def construct(
    model: nn.Module,
    path: Path,
    data: Data,
    *,
    loss: str = "squared",
    profile: Profile = "paper",
    points: int | ArrayLike = 401,
    head: str | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
) -> MonotonePath:
    """A path of weights from W(0) to the objective of W(1) along which it strictly decreases.

    Args:
        model: any module whose last layer is linear; never modified.
        path: the base path, `Line(initial, final)`, a `Polyline`, or any callable from lambda to
            a state dict.
        data: inputs (samples, ...) and targets: class indices (samples,), or real values; or a
            DataLoader of such batches, which is read once and held in memory.
        loss: "squared", on one-hot targets for class indices.
        profile: "paper" or "even" (the theorem's, on the right branch), "valley" (as low as the
            sheet allows), or a callable from lambda to the target objective.
        points: how many lambdas, or the lambdas themselves, increasing from 0 to 1.
        head: name of the last layer; found when None, verified always.
        device, dtype: of the forward pass; those of W(0) when None. Roots are float64 always.

    Raises:
        InputError: an argument that cannot be used, with what to change.
        WeightsError: state dicts that differ, do not fit the model, or are not finite.
        HeadError: no last layer whose rescaling rescales the outputs.
        ConditionError: the theorem's conditions, or the sheet's, fail: which, where, by how much.

    >>> from construction import Line, mlp
    >>> from construction.networks import scale_head
    >>> network = mlp((2, 8, 1), seed=1)
    >>> start, x = network.state_dict(), torch.linspace(-1, 1, 40).reshape(20, 2)
    >>> y = network(x).detach() * 0.1          # what weights with a tenth of the head would give
    >>> goal = scale_head(start, "3", 0.1)
    >>> result = construct(network, Line(start, goal), (x, y), points=11)
    >>> bool((np.diff(result.objective) < 0).all()), [phase.name for phase in result.phases]
    (True, ['travel', 'descend'])
    """
    forward = Forward(model, path, data, loss=loss, head=head, device=device, dtype=dtype)
    sheet = forward.along(_grid(path, points), "objectives along the path")
    return follow(forward, sheet, profile)


def with_profile(path: MonotonePath, profile: Profile) -> MonotonePath:
    """The path for another profile on the sheet of `path`, which is not measured again."""
    return follow(path.forward, path.sheet, profile)


def follow(forward: Forward, sheet: Sheet, profile: Profile) -> MonotonePath:
    """Construct the path for one profile on a sheet already measured.

    Raises:
        InputError, ConditionError: as `construct`.
    """
    one = sheet.value(1.0)
    levels = Levels(zero=sheet.d, initial=float(one[0]), final=float(one[-1]))
    conditions = examine(sheet, levels)
    target = _target(forward, sheet, levels, conditions, profile)
    if isinstance(target, Valley):  # which knows m between the lambdas of the grid, too
        barrier = sheet_barrier(target.knots, target.minimum, levels)
        barrier.require(NO_WAY_DOWN)
        conditions = replace(conditions, sheet_barrier=barrier)
    excess = target.excess(sheet.lam, sheet.minimum_excess)
    falls = np.diff(excess) < 0
    if not falls.all():
        k = int(np.argmin(falls))
        raise RootError(
            "a target that strictly decreases on the grid",
            f"that it does not between lambda = {sheet.lam[k]:.6g} and {sheet.lam[k + 1]:.6g}",
            "The outputs are too coarse for so fine a grid: use dtype=torch.float64 or fewer "
            "points.",
            lam=float(sheet.lam[k]),
            count=int((~falls).sum()),
        )
    return MonotonePath(forward, sheet, levels, conditions, target)


def _grid(path: Path, points: int | ArrayLike) -> Array:
    if isinstance(points, int | np.integer):
        if points < 2:
            raise InputError("at least 2 points", f"{points}", "401 is a good number.")
        return path.grid(int(points)) if isinstance(path, Polyline) else np.linspace(0, 1, points)
    try:
        grid = np.asarray(points, float)
    except (TypeError, ValueError) as error:
        raise InputError(
            "a number of points, or lambdas", f"{points!r}", "401 is a good number."
        ) from error
    if (
        grid.ndim != 1
        or len(grid) < 2
        or grid[0] != 0
        or grid[-1] != 1
        or not (np.diff(grid) > 0).all()
    ):
        raise InputError(
            "lambdas that increase from 0 to 1",
            f"an array of shape {grid.shape}" if grid.ndim != 1 else f"{grid[:3]} ... {grid[-3:]}",
            "Pass a number of points, or such an array.",
        )
    return grid


def _target(
    forward: Forward, sheet: Sheet, levels: Levels, conditions: Conditions, profile: Profile
) -> Target:
    named = {"paper": paper, "even": even}
    if not callable(profile) and profile not in ("valley", *named):
        raise InputError(
            "a profile 'paper', 'even', 'valley', or a callable", repr(profile), "Use one of these."
        )
    conditions.final_objective.require(
        "Swap the ends, or train further. If the two are equal, the initial state dict may be an "
        "alias of the trained one: clone its tensors before training."
    )
    if profile == "valley":
        conditions.sheet_barrier.require(NO_WAY_DOWN)
    else:
        conditions.condition_2.require(
            "The theorem does not cover this start. profile='valley' may still find a path; or "
            "start from another seed or larger initial weights in the last layer."
        )
    conditions.condition_1.require(
        "There the objective is L(0) whatever the scale: choose a base path that does not pass "
        "through such weights."
    )
    if profile == "valley":
        rounding = torch.finfo(forward.dtype).eps
        return valley(levels, sheet, lambda lam: forward.along([lam]), rounding)
    return custom(profile, levels) if callable(profile) else named[profile](levels)
