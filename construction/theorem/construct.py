"""Theorem 1 of Safran and Shamir (ICML 2016, arXiv 1511.04210), constructed.

*Travel*: follow lambda from 0 to 1 with the objective held on a decreasing target by the scale c.
*Descend*: at lambda = 1 lower c along the right branch until the objective is L(W(1)). The valley
profile *shrinks* instead: it moves c to c* where the sheet's minimum is highest, and travels on.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from ..answers import UNDECIDED, Conditions
from ..arrays import Array
from ..condition.examine import Survey, survey
from ..errors import (
    InputError,
    RootError,
    WeightsError,
    door,
    reading,
    require_one_of,
    require_points,
)
from ..forward.batch_norm import BatchNorm
from ..forward.batches import Data
from ..forward.forward import Forward
from ..forward.ranks import sharing_errors
from ..loss.catalogue import LossLike, as_loss, require_apart, require_convex
from ..loss.custom import Custom
from ..network.evaluation import Predict
from ..path.paths import Curve, Path, require_continuous
from ..profile import Target, custom, even, paper, valley
from ..sheet.sheet import Sheet
from .monotone import MonotonePath

Profile = str | Callable[[float], float]

#: The theorem's own targets.
NAMED = {"paper": paper, "even": even}

NO_DECREASING_PATH = (
    "No path on this sheet goes down: try another base path, such as a Polyline through training "
    "checkpoints, or a trained Bezier curve."
)


@door()
def construct(
    model: nn.Module,
    path: Path,
    data: Data,
    *,
    loss: LossLike = "squared",
    profile: Profile = "paper",
    points: int | ArrayLike = 401,
    head: str | Sequence[str] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    batch_norm: BatchNorm | None = None,
    memory: int | None = None,
    tf32: bool = False,
    predict: Predict | None = None,
    targets: Callable[[Any], Any] | None = None,
    weights: Callable[[Any], Any] | ArrayLike | Tensor | None = None,
    missing: str = "refuse",
) -> MonotonePath:
    """A path of weights from W(0) to the objective of W(1) along which it strictly decreases.

    Args:
        model: any module whose last layer is linear, a convolution as well; never modified.
        path: the base path, `Line(initial, final)`, a `Polyline`, a `Bezier`, or any callable
            from lambda to a state dict.
        data: inputs (samples, ...) and targets: class indices (samples, ...), or real values of the
            outputs' shape; or a DataLoader of such batches, which need not fit into memory.
        loss: the name of one of `construction.loss.catalogue.LOSSES` ("squared" takes class indices
            as one-hot targets), a Loss, or a function of (predictions, targets) to one value a
            sample, of that sample alone and convex in its prediction: checked on the data.
        profile: "paper" or "even" (the theorem's, on the right branch), "valley" (as low as the
            sheet allows), or a callable from lambda to the target objective.
        points: how many lambdas, or the lambdas themselves, increasing from 0 to 1.
        head: name of the last layer, or of several whose outputs are concatenated or added, or of
            single entries of the state dict, such as LoRA's B; looked for when None, verified in
            any case.
        device, dtype: of the forward pass; those of W(0) when None. Roots are float64 always.
        batch_norm: "interpolate" or "recompute" the running statistics along the path; required
            for a model that has them. Other floating-point buffers must be the same at all
            state dicts of a curve; a callable path sets its own.
        memory: budget in bytes, beyond data and model, whatever the number of lambdas; when None
            1 GB, on a GPU half of what is free there. For n
            weights about 20 n bytes come above it, 64 n in a proof: see
            `construction.forward.forward.Forward`.
        tf32: whether a GPU may multiply float32 matrices in the coarser TF32.
        predict: a function of (model, batch) that returns the outputs, where `model(inputs)` of a
            pair, or `model(**batch)` of a dictionary without its labels, does not; of a dictionary
            or ModelOutput its `logits` are taken.
        targets: a function of a batch that returns its targets, where it is no pair.
        weights: a function of a batch that returns the weights of its samples, or a tensor of all:
            the objective is then the weighted mean.
        missing: "ignore" leaves out targets that are NaN: outputs are summed over those present,
            and the mean is over samples that have any.

    Raises:
        InputError: an argument that cannot be used, with what to change.
        WeightsError: state dicts that differ, do not fit the model, or are not finite.
        HeadError: no last layer whose rescaling rescales the outputs.
        ConditionError: the theorem's conditions, or the sheet's, fail: which, where, by how much.
        RootError: no scale meets the target, or the grid is too fine for it to decrease.

    >>> from construction import Line, mlp
    >>> from construction.network.heads import scale_head
    >>> network = mlp((2, 8, 1), seed=1)
    >>> start, x = network.state_dict(), torch.linspace(-1, 1, 40).reshape(20, 2)
    >>> y = network(x).detach() * 0.1          # what weights with a tenth of the head would give
    >>> goal = scale_head(start, "3", 0.1)
    >>> result = construct(network, Line(start, goal), (x, y), points=11)
    >>> bool((np.diff(result.objective) < 0).all()), [phase.name for phase in result.phases]
    (True, ['travel', 'descend'])
    """
    asked = locals().copy()  # all arguments, as `measure` takes them but for the profile
    del asked["profile"]
    return follow(*measure(**asked), profile)


@sharing_errors()
def measure(
    model: nn.Module,
    path: Path,
    data: Data,
    *,
    loss: LossLike = "squared",
    points: int | ArrayLike = 401,
    missing: str = "refuse",
    **options: Any,
) -> tuple[Forward, Sheet]:
    """The network along the path and its sheet, on which paths are constructed with `follow`.

    Arguments and errors are those of `construct`.
    """
    forward = network_along(model, path, data, loss=loss, missing=missing, **options)
    if not isinstance(path, Curve):
        require_continuous(forward.path)
    sheet = forward.along(_grid(path, points), "objectives along the path")
    for end in (0, -1):
        if not np.isfinite(sheet.excess(1.0)[end]):
            raise WeightsError(
                "objectives that are finite at both ends of the path",
                f"{sheet.value(1.0)[end]} at lambda = {sheet.lam[end]:g}",
                "The predictions are too large for this loss: begin and end at others.",
            )
    return forward, sheet


def network_along(
    model: nn.Module, path: Path, data: Data, *, loss: LossLike, missing: str, **options: Any
) -> Forward:
    """The network along the path; a loss of the user's is refused where it cannot be solved."""
    forward = Forward(model, path, data, loss=as_loss(loss, missing), **options)
    if isinstance(forward.loss, Custom):
        require_apart(forward.loss, forward.rays.tiles(0.0)(), forward.samples)
        require_convex(forward.loss, forward.rays.tiles, (0.0, 0.5, 1.0))
    return forward


@door(measure, Forward.__init__)
def assess(model: nn.Module, path: Path, data: Data, **options: Any) -> Conditions:
    """Answer, with numbers: does the theorem apply, and does the sheet hold a path.

    Nothing is raised where the answer is no, or not decided at this precision: see
    `Conditions.theorem_answer` and `Conditions.path_answer`. Arguments are those of `construct`,
    but for the profile.
    """
    return conditions_of(*measure(model, path, data, **options))


def conditions_of(forward: Forward, sheet: Sheet, *, between: bool = True) -> Conditions:
    """The conditions on a sheet already measured, `between` its lambdas as well: see `assess`."""
    return _surveyed(forward, sheet, between=between).conditions


def _surveyed(
    forward: Forward, sheet: Sheet, *, peaks: bool = True, between: bool = True
) -> Survey:
    """What the sheet allows, where ends tie only if their weights are equal."""
    along, eps = forward.along if between else None, torch.finfo(forward.dtype).eps
    found = survey(sheet, along, peaks=peaks, rounding=eps)
    conditions, final = found.conditions, found.conditions.final_objective
    if final.margin or forward.returns:
        return found
    rounded = replace(final, rounding=np.inf, verdict=UNDECIDED)
    return replace(found, conditions=replace(conditions, final_objective=rounded))


@door()
def with_profile(path: MonotonePath, profile: Profile) -> MonotonePath:
    """The path for another profile on the sheet of `path`, which is not measured again."""
    return follow(path.forward, path.sheet, profile)


@sharing_errors()
def follow(forward: Forward, sheet: Sheet, profile: Profile) -> MonotonePath:
    """The path for one profile on a sheet that `measure` returned; errors as of `construct`."""
    if not callable(profile):
        require_one_of((*NAMED, "valley"), profile, "a callable, or a profile")
    allowed = _surveyed(forward, sheet, peaks=profile == "valley")
    allowed.conditions.final_objective.require(
        "Is loss=... the one that was trained, and would batch_norm='recompute' suit a network "
        "trained briefly? Else swap the ends, or train further. If the two are equal, the initial "
        "state dict may be an alias of the trained one: clone its tensors before training."
    )
    target = _valley(allowed) if profile == "valley" else _theorem(allowed, profile)
    falls = np.diff(target.excess(sheet)) < 0
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
    return MonotonePath(forward, sheet, allowed.levels, allowed.conditions, target)


def _theorem(allowed: Survey, profile: Profile) -> Target:
    """The theorem's travel on the right branch, where its conditions hold."""
    conditions = allowed.conditions
    valley_too = {
        "yes": "profile='valley' may still find a path",
        "no": "profile='valley' finds none on this base path either",
        UNDECIDED: "Whether profile='valley' finds a path is not decided at this precision",
    }[conditions.path_answer]
    conditions.condition_2.require(
        f"The theorem does not cover this start. {valley_too}; or start from another seed or "
        "larger initial weights in the last layer."
    )
    conditions.condition_1.require(
        "There no scale lifts the objective above L(W(0)), as where all outputs are zero or, "
        f"under cross-entropy, all samples are classified correctly. {valley_too}; or take "
        "another base path."
    )
    return custom(profile, allowed.levels) if callable(profile) else NAMED[profile](allowed.levels)


def _valley(allowed: Survey) -> Target:
    """The valley, where the sheet holds a path."""
    conditions = allowed.conditions
    conditions.sheet_barrier.require(NO_DECREASING_PATH)
    if conditions.crossing is not None:
        conditions.crossing.require(
            "The path would have to leave the right branch before it ends, and cannot. "
            + NO_DECREASING_PATH
        )
    assert allowed.plan is not None, "where there is none, the crossing is not decided"
    return valley(allowed.levels, allowed.minima, allowed.plan, allowed.held)


def _grid(path: Path, points: int | ArrayLike) -> Array:
    if isinstance(points, Real):
        require_points(points, 2, "401 is a good number.")
        count = int(points)
        return path.grid(count) if isinstance(path, Curve) else np.linspace(0, 1, count)
    with reading("a number of points, or lambdas", InputError, "401 is a good number."):
        grid = np.asarray(points, float)
    increases = grid.ndim == 1 and len(grid) > 1 and bool((np.diff(grid) > 0).all())
    if not (increases and grid[0] == 0 and grid[-1] == 1):
        raise InputError(
            "lambdas that increase from 0 to 1",
            f"an array of shape {grid.shape}" if grid.ndim != 1 else f"{grid[:3]} ... {grid[-3:]}",
            "Pass a number of points, or such an array.",
        )
    return grid
