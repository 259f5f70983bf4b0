"""Proves what can be proved of a constructed path, on all of [0, 1], and saves it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..answers import Interval, Proof, Statement
from ..arrays import Array
from ..errors import InputError, ProofError, door
from ..files import archive
from ..forward.precision import full_precision
from ..forward.ranks import bar_disabled
from ..progress import tqdm
from ..solve.scaled_path import ScaledPath
from .bounds import BoundedNetwork
from .growth import prove_growth
from .minimum import Below, Ceiling, Level

#: Shares of c* by which two scales around it are looked at, one after the other; chosen here: g has
#: to differ from its minimum by more than rounding, and the bound to be moved by little.
ASIDE = (1e-3, 1e-2, 3e-2)
BARRIER, BELOW_START = "sheet barrier", "m < L(W(0)) on (0, 1]"
VALLEY = "the sheet's minimum stays below the target, m < v, but where v is m or L(W(1)) itself"


def prove(path: ScaledPath) -> Proof:
    """What is proved of the path, in exact arithmetic on its weights and data.

    Condition 1, condition 2 and that W(1) is better than W(0); for a valley that the sheet's
    minimum stays below its start and below the target, ``m < v``. Nothing is raised where a proof
    does not succeed: the statement says on which intervals it did not, and the proof why none was
    attempted.

    >>> import torch
    >>> from construction import Line, construct, mlp
    >>> network = mlp((2, 8, 1), seed=1)
    >>> start, x = network.state_dict(), torch.linspace(-1, 1, 40).reshape(20, 2)
    >>> y = network(x).detach() * 0.1
    >>> goal = {name: value * 0.5 for name, value in start.items()}
    >>> prove(construct(network, Line(start, goal), (x, y), points=11)).theorem_applies
    True
    """
    began = time.perf_counter()
    try:
        with cpu_in_full_precision():
            proof = _proved(path, BoundedNetwork(path.forward))
    except ProofError as error:
        proof = Proof((), reason=str(error))
    return replace(proof, seconds=time.perf_counter() - began)


@contextmanager
def cpu_in_full_precision() -> Iterator[None]:
    """Without gradients, and whatever the user's settings."""
    cpu = torch.device("cpu")
    here = torch.get_default_device() == cpu  # then nothing has to pass through Python first
    with nullcontext() if here else cpu, torch.no_grad(), full_precision(cpu):
        yield


def _proved(path: ScaledPath, network: BoundedNetwork) -> Proof:
    first, last = Ceiling(network, 0.0, 0.0), Ceiling(network, 1.0, 1.0)
    zero, start, final = first.above(0.0).left, first.above(1.0).lowest, last.above(1.0)
    growth = prove_growth(network)
    statements = [
        growth,
        _at("condition 2", "L(W(0)) > L(0)", 0.0, start - zero),
        _at("final objective", "L(W(1)) < L(W(0))", 1.0, start - final.left),
    ]
    if zero < start:  # m is at most L(0)
        statements.append(Statement(BARRIER, BELOW_START, (Interval(0.0, 1.0, start - zero),)))
    if path.profile.name != "valley":
        return Proof(tuple(statements))
    best = float(path.best_scale[0])
    beyond = best if np.isfinite(best) else 2.0
    if beyond > 1:
        gain = start - first.above(beyond).left
        statements.append(_at("left start", "c = 1 < c*(0): the start is left", 0.0, gain, beyond))
    levels, scales = levels_of(path, network, first, last), _scales_of(path)
    with tqdm(total=1.0, desc="proof", disable=bar_disabled(), leave=False) as bar:
        if zero >= start:  # m has to be compared with L(W(0)) behind the start
            knots = _knots(path, 0.0, 1.0)
            level = Level(knots, np.full(len(knots), start))
            intervals = Below(network, level, scales, bar).prove()
            statements.append(Statement(BARRIER, BELOW_START, tuple(intervals)))
        intervals = [i for level in levels for i in Below(network, level, scales, bar).prove()]
    statements.append(Statement("valley", VALLEY, tuple(intervals)))
    needs = ["final objective"]
    if levels[0].start is None:  # no crossing at lambda = 0: the start lies on the branch followed
        side = path.profile.stretches[0].branch
        needs.append("left start" if side == "left" else "condition 2")
    right = max((s.stop for s in path.profile.stretches if s.branch == "right"), default=0.0)
    if right > 0:  # so far the path travels on the right branch, which has to be there
        needs.append("right branch")
        until = tuple(interval for interval in growth.intervals if interval.start < right)
        statements.append(Statement("right branch", f"condition 1 on [0, {right:g}]", until))
    return Proof(tuple(statements), needs=tuple(needs))


def _at(name: str, claim: str, lam: float, bound: float, scale: float = 1.0) -> Statement:
    """A statement about one lambda."""
    return Statement(name, claim, (Interval(lam, lam, bound, scale=scale),))


def levels_of(
    path: ScaledPath, network: BoundedNetwork, first: Ceiling, last: Ceiling
) -> list[Level]:
    """The target of a valley, stretch by stretch, as levels that are not above it.

    `first` and `last` are at 0 and 1. The levels strictly decrease as they stand: where lowering
    the ends for rounding takes more than the target falls, the knots behind follow.
    """
    levels: list[Level] = []
    least = np.inf
    for stretch in path.profile.stretches:
        knots = _knots(path, stretch.start, stretch.stop)
        if stretch.held is not None:
            levels.append(Level(knots, np.zeros(len(knots)), known=False))
            continue
        heights = path.zero_objective + stretch.function(knots)
        crossing, end = None, None
        if stretch.start == path.profile.crossing:
            lam = stretch.start
            ceiling = Ceiling(network, lam, lam) if lam else first
            crossing, heights[0] = _crossing(path, ceiling, lam)
            if heights[0] <= last.above(1.0).left:
                crossing = ()  # nothing shows that the path still falls from there to L(W(1))
        elif stretch.start == 0:
            heights[0] = first.above(1.0).lowest
        if stretch.stop == 1:
            end, heights[-1] = (1.0,), last.above(1.0).lowest
        for k, height in enumerate(heights):
            heights[k] = least = min(height, np.nextafter(least, -np.inf))
        levels.append(Level(knots, heights, crossing, end))
    return levels


def _crossing(path: ScaledPath, ceiling: Ceiling, lam: float) -> tuple[tuple[float, ...], float]:
    """Two scales between which c* lies for certain, or none, and a height that m(lam) is not below.

    If g at both exceeds g in between, a minimum lies there, and convexity bounds how far below.
    """
    shrunk = [p.scale_stop for p in path.phases if p.name == "shrink" and p.lam_start == lam]
    best = shrunk[0] if shrunk else float(np.interp(lam, path.lam, path.scale))  # is there already
    inner = ceiling.above(best)
    for share in ASIDE if ceiling.loss.strict and best > 0 else ():
        scales = best * (1 - share), best * (1 + share)
        sides = [ceiling.above(c) for c in scales]
        if scales[0] < best < scales[1] and min(side.lowest for side in sides) > inner.left:
            spread = max(side.left for side in sides) - inner.lowest
            return scales, inner.lowest - spread
    return (), inner.lowest


def _knots(path: ScaledPath, start: float, stop: float) -> Array:
    """Where the target may have corners, and the vertices of the base path."""
    every = [path.profile.knots, path.lam, getattr(path.forward.user_path, "vertices", [])]
    lam = np.unique(np.concatenate([np.asarray(one, float) for one in every] + [[start, stop]]))
    return lam[(lam >= start) & (lam <= stop)]


def _scales_of(path: ScaledPath) -> Callable[[float], Sequence[float]]:
    """The scale of the sheet's minimum where there is one, else multiples of the path's own."""
    finite = np.isfinite(path.best_scale)

    def scales(lam: float) -> list[float]:
        if finite[np.argmin(np.abs(path.lam - lam))]:
            return [float(np.interp(lam, path.lam[finite], path.best_scale[finite]))]
        return [float(np.interp(lam, path.lam, path.scale)) * more for more in (1.1, 1.5, 2.5)]

    return scales


#: What a loss is made of beside its name.
OPTIONS = ("smoothing", "delta", "quantile")


@door()
def save_proof(path: ScaledPath, file: str | Path, proof: Proof | None = None) -> Proof:
    """Write a proof of the path to a file.

    Args:
        path: as `construction.construct` returns it.
        file: an archive of plain arrays and a JSON manifest.
        proof: of this path; made when None.

    Returns:
        The proof that was saved.

    Raises:
        InputError: nothing could be proved, so there is nothing to save.
        CacheError: the folder cannot be written.
    """
    proof = prove(path) if proof is None else proof
    if proof.reason:
        raise InputError(
            "a path of which something is proved", "none", f"The reason: {proof.reason}"
        )
    with cpu_in_full_precision():
        forward, network = path.forward, BoundedNetwork(path.forward)
        arrays, loss = _numbers(path, network), network.loss
        manifest = {
            "statements": asdict(proof)["statements"],
            "steps": [asdict(step) for step in network.steps],
            "head": sorted(forward.rescaled.entries),
            "outputs": forward.predict(forward.state(0.0), forward.data.probe).shape[1],
            "loss": loss.name,
            "loss_options": {key: getattr(loss, key) for key in OPTIONS if hasattr(loss, key)},
            "levels": [],
        }
        if proof.statement("valley"):
            ends = (Ceiling(network, lam, lam) for lam in (0.0, 1.0))
            levels = levels_of(path, network, *ends)
            for k, (stretch, level) in enumerate(zip(path.profile.stretches, levels, strict=True)):
                manifest["levels"].append({"branch": stretch.branch, "known": level.known})
                arrays[f"level/{k}/knots"] = level.knots
                arrays[f"level/{k}/heights"] = level.heights
    archive.write(Path(file), arrays, manifest)
    return proof


def _numbers(path: ScaledPath, network: BoundedNetwork) -> dict[str, NDArray[Any]]:
    """Of the base path and the data, exactly."""
    base: Any = path.forward.user_path
    arrays: dict[str, NDArray[Any]] = {
        "vertices": np.asarray(base.vertices, float),
        "inputs": torch.cat([tile.inputs for tile in network.tiles]).to(path.dtype).numpy(),
        "targets": network.targets.numpy(),
    }
    for k, state in enumerate(base.states):
        for name, value in state.items():
            exact = value.detach().cpu()  # numpy has no bfloat16
            coarse = exact.is_floating_point() and exact.element_size() < 4
            arrays[f"weights/{k}/{name}"] = (exact.float() if coarse else exact).numpy()
    return arrays
