"""Checks a constructed path with the user's own model, in float64, at N points and not between.

The weights that the path returns, head really rescaled, are loaded into the model, it runs on the
data, and the objective is averaged anew: neither the sheet, nor its roots, nor the solver's forward
pass is used. Losses are those of `torch.nn.functional`, or written out from their definition.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .answers import Certificate
from .arrays import Array, Mask
from .errors import InputError, reading, require_points
from .forward.forward import Forward
from .forward.ranks import bar_disabled, sharing_errors, summed_over_ranks
from .loss.classification import CrossEntropy
from .loss.custom import Custom
from .loss.loss import Loss, Raw, Weighted
from .network.evaluation import Inputs, mapped_tensors, outputs_of, private_copy, randomness_kept
from .network.states import State
from .progress import tqdm
from .solve.scaled_path import ScaledPath


class Judge:
    """Measures objectives of state dicts, in float64, by model, data and loss of a `Forward`."""

    def __init__(self, forward: Forward) -> None:
        self.forward, self.loss = forward, forward.loss
        self.model = private_copy(forward.user_model).double().to(forward.device)

    @randomness_kept()
    def measure(self, state: State) -> tuple[float, float]:
        """The objective, and its condition: the mean over samples of ``sum_j |dl/dp_j| |p_j|``.

        Rounding each prediction by a share of itself moves the objective by at most that share of
        the condition, to first order. A model that does not run in float64 is an InputError.
        """
        self.model.load_state_dict(state, strict=False)  # extra state is the model's
        sums = torch.zeros(3, dtype=torch.float64, device=self.forward.device)
        for inputs, targets in self.forward.data:
            predicted = self._predict(inputs)
            with torch.enable_grad():
                total = total_of(self.loss, predicted.requires_grad_(), targets)
                (slope,) = torch.autograd.grad(total, predicted)
            condition = (slope * predicted.detach()).abs().sum()
            weight = weight_of(self.loss, predicted, targets)
            sums += torch.stack([total.detach(), condition, weight])
        objective, condition = (summed_over_ranks(sums[:2]) / summed_over_ranks(sums[2])).tolist()
        return objective, condition

    def _predict(self, inputs: Inputs) -> Tensor:
        data = mapped_tensors(inputs, lambda x: x.detach().double() if x.is_floating_point() else x)
        expected = "a model that runs in float64, in which the check is made"
        remedy = "Let it create no tensors of a fixed type or device."
        # a model may differentiate inside; of its own weights none asks for gradients
        with reading(expected, InputError, remedy), torch.enable_grad():
            predicted: Tensor = outputs_of(
                self.model(data) if isinstance(data, Tensor) else data.called(self.model)
            )
        return predicted.detach()


def total_of(loss: Loss, predicted: Tensor, raw: Raw) -> Tensor:
    """The loss summed over some samples, from PyTorch's own functions; targets as they were given.

    >>> total = total_of(CrossEntropy(), torch.zeros(3, 2).double(), torch.tensor([0, 1, 0]))
    >>> round(float(total.exp()), 12)
    8.0
    """
    if isinstance(loss, Custom):
        return loss.function(predicted, loss.targets(raw, predicted)).sum()
    if isinstance(loss, CrossEntropy):
        return _cross_entropy(loss, predicted, raw)
    assert loss.name in ENTRIES, f"the loss {loss.name} is written out for the judge, here"
    wanted, weights = _parts(raw)
    real = _real(wanted, predicted)
    entries = ENTRIES[loss.name](loss, predicted, real.nan_to_num(nan=1.0))
    each = entries.masked_fill(real.isnan(), 0).reshape(len(real), -1).sum(1)
    return each.sum() if weights is None else each @ weights


def weight_of(loss: Loss, predicted: Tensor, raw: Raw) -> Tensor:
    """What the samples weigh together, as for `total_of`."""
    wanted, weights = _parts(raw)
    each = torch.ones(len(wanted), dtype=torch.float64, device=predicted.device)
    if isinstance(loss, CrossEntropy) and wanted.is_floating_point():
        each = each * (predicted.numel() / len(predicted) / predicted.shape[loss.classes or -1])
    elif isinstance(loss, CrossEntropy):
        labels = wanted.long()
        each = torch.ones_like(labels, dtype=torch.float64)
        if loss.weight is not None:
            each = loss.weight.to(wanted.device)[labels.clamp(0, len(loss.weight) - 1)]
        each[labels == loss.ignore_index] = 0
    elif wanted.is_floating_point() and getattr(loss, "missing", "") == "ignore":
        each[wanted.isnan().reshape(len(wanted), -1).all(1)] = 0
    if weights is not None and weights.ndim < each.ndim:
        each = each.reshape(len(each), -1).sum(1)
    return each.sum() if weights is None else (each * weights).sum()


def _parts(raw: Raw) -> tuple[Tensor, Tensor | None]:
    return (raw.targets, raw.weights.double()) if isinstance(raw, Weighted) else (raw, None)


#: The loss of each output, from PyTorch where it has it.
ENTRIES: dict[str, Callable[[Any, Tensor, Tensor], Tensor]] = {
    "squared": lambda _, p, y: functional.mse_loss(p, y, reduction="none"),
    "absolute": lambda _, p, y: functional.l1_loss(p, y, reduction="none"),
    "huber": lambda one, p, y: functional.huber_loss(p, y, reduction="none", delta=one.delta),
    "pinball": lambda one, p, y: torch.where(
        y > p, one.quantile * (y - p), (one.quantile - 1) * (y - p)
    ),
    "hinge": lambda _, p, y: functional.relu(1 - torch.where(y > 0, 1.0, -1.0) * p),
    "poisson": lambda _, p, y: functional.poisson_nll_loss(p, y, reduction="none"),
    "binary_cross_entropy": lambda _, p, y: functional.binary_cross_entropy_with_logits(
        p, y, reduction="none"
    ),
}


def _cross_entropy(loss: CrossEntropy, predicted: Tensor, raw: Raw) -> Tensor:
    wanted, weights = _parts(raw)
    soft = wanted.is_floating_point()
    if loss.classes == -1 or (loss.classes is None and wanted.shape == predicted.shape[:-1]):
        predicted = predicted.movedim(-1, 1)
        wanted = wanted.movedim(-1, 1) if soft else wanted
    each = functional.cross_entropy(
        predicted,
        wanted.double() if soft else wanted.long(),
        weight=None if loss.weight is None else loss.weight.to(predicted),
        ignore_index=loss.ignore_index,
        label_smoothing=loss.smoothing,
        reduction="none",
    )
    if weights is not None:
        each = each * weights.reshape(*weights.shape, *[1] * (each.ndim - weights.ndim))
    return each.sum()


def _real(targets: Tensor, predicted: Tensor) -> Tensor:
    """Classes one-hot where several outputs compete for them, else numbers in their shape."""
    if targets.ndim == predicted.ndim - 1 and not targets.is_floating_point():
        axis = 1 if targets.shape[1:] == predicted.shape[2:] else predicted.ndim - 1
        if predicted.shape[axis] > 1:
            hot = functional.one_hot(targets.long(), predicted.shape[axis])
            return hot.movedim(-1, axis).double()
    return targets.double().reshape(predicted.shape)


#: Largest relative deviation from the target that is accepted, by the type of the solve's forward
#: pass; chosen here as a few times what rounding makes of it on the default run.
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-6}

#: A deviation is relative to the objective, but to no less than `FLOOR` L(0), as rounded outputs
#: leave no more digits of so small a difference from the targets; and to no less than `ROUNDED`
#: times the objective's condition (`Judge.measure`): the tolerance is then that of predictions
#: rounded to about four units in the last place.
FLOOR, ROUNDED = 5e-3, 0.25

#: Values of s no further apart than this are one point, but for rounding.
SAME = 1e-9

#: Lambda and wanted objectives of a point, and what gives its weights, which nobody else holds.
Step = tuple[Sequence[float], Callable[[], State]]


@sharing_errors()
def certify(path: ScaledPath, points: int = 1001) -> Certificate:
    """Measure the objective of `path.weights(s)`, rescaled in float64, at `points` values of s.

    Args:
        path: as `construction.construct` returns it.
        points: at least 5; shared out over the phases by their length in s. In a travel every
            second one is a lambda of the solver's grid, the others lie between grid lambdas; 5 or
            6 may all be needed where phases meet.

    Raises:
        InputError: fewer than 5 points, or a model that does not run in float64.
    """
    require_points(points, 5, "1001 is a good number.")
    s, off_grid = _points_of(path, points)
    path.expect(s)

    def steps() -> Iterator[Step]:
        for x in s.tolist():
            here = path.at(x)
            yield (here.lam, here.target), partial(path.weights_at, here, torch.float64)

    ends = path.forward.state if path.forward.batch_norm == "recompute" else path.forward.user_path
    judge = Judge(path.forward)
    initial, final = (judge.measure(ends(end))[0] for end in (0.0, 1.0))
    return certified(judge, s, off_grid, steps(), (initial, final), path.zero_objective)[0]


def certified(
    judge: Judge,
    s: Array,
    off_grid: Mask,
    steps: Iterable[Step],
    ends: tuple[float, float],
    zero_objective: float,
) -> tuple[Certificate, float]:
    """Measure objectives along a path, and hold them against those that it should have.

    Args:
        s, off_grid: of the points, as the certificate has them.
        steps: of each its lambda with the objectives that it should have (NaN where nothing is
            known of them), and what gives its weights.
        ends: the objectives of W(0) and W(1).

    Returns:
        The certificate, and the lambda of the largest deviation.
    """
    bar = tqdm(steps, "certificate", len(s), disable=bar_disabled(), leave=False)
    rows = [(*known, *judge.measure(weights())) for known, weights in bar]
    lam, *wanted, objective, condition = np.transpose(rows)
    known = np.isfinite(wanted[0])

    def deviations(at: Any, values: Any) -> Array:
        sizes = reference_size(values, condition[at], zero_objective)
        relative: Array = np.abs(objective[at] - values) / sizes
        return relative

    deviation = deviations(known, np.array(wanted)[:, known]).max(axis=0)
    initial_error, final_error = deviations([0, -1], np.array(ends))
    certificate = Certificate(
        s=s,
        lam=lam,
        objective=objective,
        off_grid=off_grid,
        largest_step=float(np.diff(objective).max()),
        deviation=float(deviation.max()),
        initial_error=float(initial_error),
        final_error=float(final_error),
        tolerance=TOLERANCE[judge.forward.dtype],
    )
    return certificate, float(lam[known][deviation.argmax()])


def _points_of(path: ScaledPath, points: int) -> tuple[Array, Mask]:
    """Values of s, increasing from 0 to 1, and which of them travel between grid lambdas."""
    corners = np.array([0.0, *(phase.stop for phase in path.phases)])
    spread = np.linspace(0, 1, max(points - len(corners), 0) + 2)[1:-1]
    every_second = _travelling(path, spread) & (np.arange(len(spread)) % 2 == 1)
    spread[every_second] = _nearest(path.s, spread[every_second])
    _between(path, spread, np.arange(len(spread)) % 2 == 0)
    s = _distinct(np.concatenate([corners, spread]))
    while len(s) < points:
        gaps = np.argsort(np.diff(s))[len(s) - 1 - (points - len(s)) :]
        s = _distinct(np.concatenate([s, (s[gaps] + s[gaps + 1]) / 2]))
    if not _off_grid(path, s).any():
        _between(path, s, np.abs(s[:, None] - corners).min(1) > SAME)
        s.sort()
    return s, _off_grid(path, s)


def _between(path: ScaledPath, s: Array, chosen: Mask) -> None:
    """Move those chosen that travel on the grid to the middle of the cell that follows."""
    moved = chosen & _travelling(path, s) & ~_off_grid(path, s)
    after = np.minimum(np.searchsorted(path.s, s[moved] + SAME), len(path.s) - 1)
    s[moved] = (s[moved] + path.s[after]) / 2


def _off_grid(path: ScaledPath, s: Array) -> Mask:
    """Whether each s travels between grid lambdas."""
    return _travelling(path, s) & (np.abs(_nearest(path.s, s) - s) > SAME)


def _travelling(path: ScaledPath, s: Array) -> Mask:
    """Whether lambda runs at each s, the ends of a phase excluded."""
    travels = [phase for phase in path.phases if phase.name == "travel"]
    inside: Mask = np.any([(s > p.start) & (s < p.stop) for p in travels], axis=0)
    return inside


def _nearest(grid: Array, s: Array) -> Array:
    """The entry of an increasing grid that is nearest to each s."""
    after = np.clip(np.searchsorted(grid, s), 1, len(grid) - 1)
    return np.where(s - grid[after - 1] < grid[after] - s, grid[after - 1], grid[after])


def _distinct(s: Array) -> Array:
    """In order to the very end, no two closer than `SAME`, which would compare one with itself."""
    ordered = np.sort(s)
    distinct: Array = ordered[np.diff(ordered, prepend=-1.0) > SAME]
    distinct[-1] = ordered[-1]
    return distinct


def reference_size(objective: Array, condition: Array, zero_objective: float) -> Array:
    """The size to which a deviation is relative: the objective's, or `FLOOR`, or `ROUNDED`.

    >>> reference_size(np.array([2.0, 1e-6]), np.array([1.0, 0.1]), 1.0).tolist()
    [2.0, 0.025]
    """
    floor = np.maximum(FLOOR * abs(zero_objective), ROUNDED * condition)
    return np.maximum(np.abs(objective), floor)
