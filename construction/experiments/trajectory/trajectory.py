"""Where a training of one's own went, beside the straight line and beside a random walk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from ...arrays import Array
from ...errors import InputError, WeightsError
from ...files.weights import load_weights
from ...network.states import State
from ...record.findings import Findings, joined
from ..measured import Measured
from .alpha_beta import against_the_line, moves, walked
from .recorder import Recorder, findings_of
from .words import WALK, finding, of_user

#: Weights at one moment: a state dict, a file of them, or what gives them when it is called.
Checkpoint = Mapping[str, Tensor] | str | Path | Callable[[], State]
#: Entries of these names are no parameters; they are left out where no model says what is.
STATISTICS = ("running_mean", "running_var")
#: Most dimensions of the random walk beside a training; chosen here, as 500 steps take a second. In
#: so many a walk lies within 2 in 1,000 of what it is in any larger number.
MOST = 200_000


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
    what was gone and what is to come, and a random walk of as many steps and dimensions.

    Args:
        checkpoints: a `Recorder`, or the weights in order, from the first to the last, at least
            three: state dicts, their files, or functions that give them, of which one is in memory
            at a time; or several trainings by name.
        model: whose parameters count; without it every floating-point entry but running statistics.
        strides: the path's length is taken through every k-th position, for each of these k.
        seed: of the random walk.
        title: of record and figure.

    Returns:
        A part each training, and one "walk", with arrays ``alpha`` and ``beta`` (positions,),
        ``step`` (steps,), the length of each step, and ``length`` (strides,), that of the path; in
        its manifest ``chord``, the length of the line, and, of a sketch, ``error``: see `Recorder`.

    Raises:
        InputError: fewer than three positions, strides that are none, both ends one point.
        WeightsError: checkpoints that differ in their entries, or cannot be read.

    >>> at = [{"w": torch.tensor([x, y])} for x, y in ((0.0, 0.0), (1.0, 3.0), (4.0, 0.0))]
    >>> found = trajectory(at)
    >>> found["training/alpha"].tolist(), found["training/beta"].tolist()
    ([0.0, 1.0, 4.0], [0.0, 3.0, 0.0])
    """
    if not strides or strides[0] != 1 or min(strides) < 1:
        raise InputError("strides that begin with 1", f"{list(strides)}", "(1, 2, 5) will do.")
    several = checkpoints if isinstance(checkpoints, Mapping) else {"training": checkpoints}
    parts = {}
    for name, one in several.items():
        if isinstance(one, Recorder):
            known = one.straying(strides)
        else:
            known = straying(one, model, strides)
        parts[name] = known.described(label=name)
    first = next(iter(parts.values())).manifest
    size = first["steps"], min(first["dimensions"], MOST)
    parts[WALK] = walk_of(*size, first["steps"], seed, strides)
    whole = joined(parts).described(kind="trajectory", title=title, trained=list(several))
    whole = whole.described(strides=list(strides))
    return Measured(whole.described(finding=finding(whole), caption=of_user(whole)))


def straying(
    checkpoints: Sequence[Checkpoint], model: nn.Module | None, strides: Sequence[int]
) -> Findings:
    """One training, see `trajectory`."""
    if len(checkpoints) < 3:
        raise InputError(
            "at least three positions of a training", f"{len(checkpoints)}", "Keep more of them."
        )
    first, last = (_read(checkpoints[k]) for k in (0, -1))
    names = [name for name, _ in model.named_parameters()] if model else _parameters(first)

    def positions() -> Iterator[Array]:
        for number, one in enumerate(checkpoints):
            yield _flat(_read(one), names, first, f"checkpoint {number}")

    ends = [_flat(one, names, first, "one") for one in (first, last)]
    return findings_of(
        against_the_line(positions(), *ends), moves(positions(), strides), len(ends[0])
    )


def walk_of(
    steps: int, dimensions: int, solution: int, seed: int, strides: Sequence[int]
) -> Findings:
    """A random walk, as a part."""
    drawn = walked(steps, dimensions, seed=seed, solution=solution, strides=strides)
    return findings_of(*drawn, dimensions).described(label="random walk")


def _read(checkpoint: Checkpoint) -> Mapping[str, Tensor]:
    if isinstance(checkpoint, str | Path):
        return load_weights(checkpoint)
    return checkpoint() if callable(checkpoint) else checkpoint


def _parameters(state: Mapping[str, Tensor]) -> list[str]:
    """Floating-point entries that are no running statistics."""
    return [
        name
        for name, value in state.items()
        if value.is_floating_point() and not name.endswith(STATISTICS)
    ]


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
    row = torch.cat([state[name].detach().flatten().double().cpu() for name in names])
    return row.numpy()
