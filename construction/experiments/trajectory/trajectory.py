"""Where a training of one's own went, beside the straight line and beside a random walk.

A `Recorder` keeps the positions while it goes there: exactly, or as a random sketch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ...arrays import Array
from ...errors import InputError, WeightsError, door, require_points, require_seed
from ...files.weights import load_weights
from ...network.states import State, check_finite
from ...record.findings import Findings
from ..table import Measured
from .alpha_beta import AlphaBeta, against_the_line, moves, walked
from .words import PUBLISHED, WALK

#: Weights at one moment: a state dict, a file of them, or what gives them when it is called.
Checkpoint = Mapping[str, Tensor] | str | Path | Callable[[], State]
#: Entries of these names are no parameters; they are left out where no model says what is.
STATISTICS = ("running_mean", "running_var")
#: Most dimensions of the random walk beside a training; chosen here, as 500 steps take a second. In
#: so many a walk lies within 2 in 1,000 of what it is in any larger number.
MOST = 200_000


@door()
def trajectory(
    checkpoints: Recorder | Sequence[Checkpoint] | Mapping[str, Recorder | Sequence[Checkpoint]],
    *,
    model: nn.Module | None = None,
    strides: Sequence[int] = (1, 2, 5, 10, 25, 50, 100),
    seed: int = 0,
    title: str = "A training beside its line",
) -> Measured:
    """How far training strays from the line between its first and its last weights.

    Alpha is how far along that line each position lies, and beta how far away from it (Goodfellow,
    Vinyals and Saxe 2014, arXiv 1412.6544); beside them the length of the path, the angles between
    what was gone and what is to come, and a random walk of as many steps and dimensions as the
    first training has.

    Args:
        checkpoints: a `Recorder`, or the weights in order, from the first to the last, at least
            three: state dicts, their files, or functions that give them, of which one is in memory
            at a time; or several trainings by name, which is neither "walk" nor "published".
        model: whose parameters count; without it every floating-point entry but running statistics.
        strides: the path's length is taken through every k-th position and the last, for each of
            these k.
        seed: of the random walk.
        title: of record and figure.

    Returns:
        A part each training, and one "walk", with arrays ``alpha`` and ``beta`` (positions,),
        ``step`` (steps,), the length of each step, and ``length`` (strides,), that of the path; in
        its manifest ``chord``, the length of the line, and, of a sketch, ``error``: see `Recorder`.

    Raises:
        InputError: fewer than three positions, strides or seed that are none, both ends one point.
        WeightsError: checkpoints that differ in their entries, are not finite, or cannot be read.

    >>> at = [{"w": torch.tensor([x, y])} for x, y in ((0.0, 0.0), (1.0, 3.0), (4.0, 0.0))]
    >>> found = trajectory(at)
    >>> found["training/alpha"].tolist(), found["training/beta"].tolist()
    ([0.0, 1.0, 4.0], [0.0, 3.0, 0.0])
    """
    require_seed(seed)
    if not strides or strides[0] != 1 or min(strides) < 1:
        raise InputError(
            "strides that begin with 1, whole numbers", f"{list(strides)}", "(1, 2, 5) will do."
        )
    several = checkpoints if isinstance(checkpoints, Mapping) else {"training": checkpoints}
    own = (isinstance(x, str) and x not in (WALK, PUBLISHED) and "/" not in x for x in several)
    if not several or not all(own):
        expected = f"trainings by name, without '/' and none called {WALK!r} or {PUBLISHED!r}"
        raise InputError(expected, f"{list(several)}", "Give at least one, by a name of its own.")
    parts = {}
    for name, one in several.items():
        gone = one.straying(strides) if isinstance(one, Recorder) else straying(one, model, strides)
        parts[name] = gone.described(label=name)
    first = next(iter(parts.values())).manifest
    size = first["steps"], min(first["dimensions"], MOST)
    parts[WALK] = walk_of(*size, first["steps"], seed, strides)
    asked = {"trained": list(several), "strides": list(strides)}
    return Measured.of(parts, kind="trajectory", title=title, **asked)


class Recorder:
    """The position of a model after each step of its training, for `trajectory`.

    Without a sketch the parameters of every step are kept on the CPU, in their own type. A *sketch*
    of k numbers keeps ``S d`` of each offset d from the start: every entry is added, with a random
    sign, to one of k sums drawn at random (Charikar, Chen and Farach-Colton 2002). Then ``E <S d, S
    e> = <d, e>``, with a variance of at most ``|d|^2 |e|^2 / k`` where d and e are orthogonal, and
    that of ``|S d|^2`` is at most ``2 |d|^4 / k``. So alpha has a standard deviation of
    ``beta / sqrt(k)``, and beta one of ``beta / sqrt(2 k)``, to first order; the lengths of the
    steps and of the line are exact.

    Args:
        model: whose parameters are recorded, from now on.
        optimizer: whose every step is recorded; without it call the recorder after each step. In
            Lightning, make it in ``configure_optimizers`` or a callback's ``on_train_start``.
        sketch: k, or None to keep all; 10,000 numbers know alpha to 1 % of beta.
        seed: of the sketch, whose random numbers are its own.

    Raises:
        InputError: no parameters, or a sketch of no numbers.

    >>> model = nn.Linear(1, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> recorder = Recorder(model, optimizer)
    >>> for _ in range(3):
    ...     model(torch.ones(2, 1)).sum().backward()
    ...     optimizer.step()
    >>> recorder.steps
    3
    """

    @door()
    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | None = None,
        *,
        sketch: int | None = None,
        seed: int = 0,
    ) -> None:
        require_seed(seed)
        self._parameters = list(model.parameters())
        require_points(len(self._parameters), 1, "Record another model.", "parameters")
        if sketch is not None:
            require_points(sketch, 1, "10,000 are usual.", "sketch numbers")
        self.sketch, self._kept = sketch, list[Tensor]()
        self._start = self._previous = self._flat()
        self._steps = list[float]()
        if sketch is not None:
            source = torch.Generator().manual_seed(seed)
            size = len(self._start)
            self._sums = torch.randint(sketch, (size,), generator=source)
            self._signs = torch.randint(2, (size,), generator=source, dtype=torch.int8) * 2 - 1
        self._kept.append(self._entry(self._start))
        if optimizer is not None:
            optimizer.register_step_post_hook(lambda *_: self())

    @property
    def steps(self) -> int:
        """How many were recorded."""
        return len(self._steps)

    def __call__(self) -> None:
        """Record where the model is now."""
        here = self._flat()
        self._steps.append(_length(here, self._previous))
        self._kept.append(self._entry(here))
        self._previous = here

    def straying(self, strides: Sequence[int]) -> Findings:
        """The trajectory so far, as a part: see `trajectory`.

        Raises:
            InputError: fewer than two steps, or no distance from the first position to the last.
        """
        require_points(self.steps, 2, "Record more.", "steps of a training")
        check_finite({"length": torch.tensor(self._steps)}, "the steps recorded")
        positions = against_the_line(map(_row, self._kept), *map(_row, self._kept[:: self.steps]))
        moved = [np.array(self._steps), *moves(map(_row, self._kept), strides[1:])]
        if self.sketch is None:
            return findings_of(positions, moved, len(self._start))
        chord = _length(self._previous, self._start)
        alpha = positions.alpha * (chord / positions.chord)
        found = findings_of(replace(positions, alpha=alpha, chord=chord), moved, len(self._start))
        return found.described(sketch=self.sketch, error=1 / math.sqrt(self.sketch))

    def _flat(self) -> Tensor:
        return torch.cat([one.detach().flatten().cpu() for one in self._parameters])

    def _entry(self, here: Tensor) -> Tensor:
        """What is kept of a position."""
        if self.sketch is None:
            return here
        signed = (here.double() - self._start) * self._signs
        return torch.zeros(self.sketch, dtype=torch.float64).index_add_(0, self._sums, signed)


def straying(
    checkpoints: Sequence[Checkpoint], model: nn.Module | None, strides: Sequence[int]
) -> Findings:
    """One training, see `trajectory`."""
    require_points(len(checkpoints), 3, "Keep more of them.", "positions of a training")
    first, last = (_read(checkpoints[k]) for k in (0, -1))
    weights = (x for x, one in first.items() if one.is_floating_point())
    without = [name for name in weights if not name.endswith(STATISTICS)]
    names = [name for name, _ in model.named_parameters()] if model else without
    if not names:
        expected = "checkpoints with floating-point entries beside running statistics"
        raise WeightsError(expected, f"the entries {list(first)}", "Pass model.state_dict().")

    def positions() -> Iterator[Array]:
        for number, one in enumerate(checkpoints):
            yield _flat(_read(one), names, first, f"checkpoint {number}")

    ends = [_flat(one, names, first, "the first or last") for one in (first, last)]
    against = against_the_line(positions(), *ends)
    return findings_of(against, moves(positions(), strides), len(ends[0]))


def walk_of(
    steps: int, dimensions: int, solution: int, seed: int, strides: Sequence[int]
) -> Findings:
    """A random walk, as a part."""
    drawn = walked(steps, dimensions, seed=seed, solution=solution, strides=strides)
    return findings_of(*drawn, dimensions).described(label="random walk")


def findings_of(positions: AlphaBeta, moved: Sequence[Array], dimensions: int) -> Findings:
    """A part, see `trajectory`: positions against their line, and the moves of each stride."""
    length = np.array([lengths.sum() for lengths in moved])
    ways = {"alpha": positions.alpha, "beta": positions.beta, "step": moved[0], "length": length}
    line = {"chord": positions.chord, "solution": positions.solution}
    return Findings(ways, {**line, "steps": len(positions.alpha) - 1, "dimensions": dimensions})


def _read(checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    if isinstance(checkpoint, str | Path):
        return load_weights(checkpoint)
    return checkpoint() if callable(checkpoint) else checkpoint


def _flat(
    state: Mapping[str, Tensor], names: Sequence[str], first: Mapping[str, Tensor], where: str
) -> Array:
    """The entries of these names as one row, float64."""
    for name in names:
        if name not in state or state[name].shape != first.get(name, state[name]).shape:
            found = f"{tuple(state[name].shape)}" if name in state else "none"
            raise WeightsError(
                f"an entry {name!r} as the first checkpoint has it in {where}",
                found,
                "Pass the checkpoints of one model.",
            )
    check_finite({name: state[name] for name in names}, where)
    row = torch.cat([state[name].detach().flatten().double().cpu() for name in names])
    return row.numpy()


def _length(one: Tensor, other: Tensor) -> float:
    return float(torch.linalg.vector_norm(one.double() - other))


def _row(position: Tensor) -> Array:
    return position.double().numpy()
