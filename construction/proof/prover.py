"""Proves what can be proved of a constructed path, on all of [0, 1]."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ..answers.certificate import Interval, Proof, Statement
from ..arrays import Array
from ..errors import ProofError
from ..forward.placing import full_precision
from ..forward.ranks import quiet
from ..solve.scaled_path import ScaledPath
from .below import Below, Scales, Touching
from .ceiling import Value
from .growth import prove_growth
from .subject import Subject

#: Shares of c* by which two scales around it are looked at, one after the other; chosen here: g has
#: to differ from its minimum by more than rounding, and the bound to be moved by little.
ASIDE = (1e-3, 1e-2, 3e-2)
#: Share by which heights that stand for exact objectives are lowered; chosen here.
SLACK = 1e-8
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
        with plainly():
            proof = _proved(path, Subject(path.forward))
    except ProofError as error:
        proof = Proof((), reason=str(error))
    return replace(proof, seconds=time.perf_counter() - began)


@contextmanager
def plainly() -> Iterator[None]:
    """On the CPU, without gradients and in full precision, whatever the user's settings."""
    cpu = torch.device("cpu")
    with cpu, torch.no_grad(), full_precision(cpu):
        yield


def _proved(path: ScaledPath, subject: Subject) -> Proof:
    zero = path.zero_objective * (1 + 1e-12)
    first, last = Value(subject, 0.0), Value(subject, 1.0)
    start, growth = first.lowest(1.0), prove_growth(subject)
    found = [
        growth,
        _at("condition 2", "L(W(0)) > L(0)", 0.0, start - zero),
        _at("final objective", "L(W(1)) < L(W(0))", 1.0, start - last.highest(1.0)),
    ]
    if zero < start:  # m is at most L(0)
        found.append(Statement(BARRIER, BELOW_START, (Interval(0.0, 1.0, start - zero),)))
    if path.profile.name != "valley":
        return Proof(tuple(found))
    best = float(path.best_scale[0])
    beyond = best if np.isfinite(best) else 2.0
    if beyond > 1:
        gain = start - first.highest(beyond)
        found.append(_at("left start", "c = 1 < c*(0): the start is left", 0.0, gain, beyond))
    levels = levels_of(path, subject, first, last)
    with tqdm(total=1.0, desc="proof", disable=quiet(), leave=False) as bar:
        if zero >= start:
            found.append(_barrier(path, subject, start, bar))
        intervals = [one for level in levels for one in _below(path, subject, level, bar)]
    found.append(Statement("valley", VALLEY, tuple(intervals)))
    needed = _right_until(path)
    if needed > 0:
        found.append(_cut(growth, needed))
    return Proof(tuple(found), needs=_needs(path, levels, needed > 0))


def _needs(path: ScaledPath, levels: list[Level], right: bool) -> tuple[str, ...]:
    """What has to be proved beside the valley, so that its target can be followed from W(0)."""
    needs = ["final objective"]
    if not levels[0].start:  # no crossing at lambda = 0: the start lies on the branch followed
        side = path.profile.stretches[0].branch
        needs.append("left start" if side == "left" else "condition 2")
    return (*needs, "right branch") if right else tuple(needs)


def _barrier(path: ScaledPath, subject: Subject, start: float, bar: Any) -> Statement:
    """That m stays below L(W(0)) behind the start, at c* or another scale."""
    knots = _knots(path, 0.0, 1.0)
    level = np.full(len(knots), start)
    found = Below(subject, knots, level, _scales(path), bar).prove()
    return Statement(BARRIER, BELOW_START, tuple(found))


@dataclass(frozen=True)
class Level:
    """The target on one stretch of a path: straight between its knots.

    Attributes:
        knots, heights: lambdas and objectives, (knots,); where the target is m or L(W(1)) itself,
            a height that is not above it.
        start, stop: how it is touched at its ends.
        known: whether it is a function of its own, and not the objective at a scale that is held.
    """

    knots: Array
    heights: Array
    start: Touching | None = None
    stop: Touching | None = None
    known: bool = True


def levels_of(path: ScaledPath, subject: Subject, first: Value, last: Value) -> list[Level]:
    """The target of a valley, stretch by stretch, with the objectives at lambda 0 and 1."""
    levels = []
    for stretch in path.profile.stretches:
        knots = _knots(path, stretch.start, stretch.stop)
        if stretch.held is not None:
            levels.append(Level(knots, np.zeros(len(knots)), known=False))
            continue
        heights, start, stop = path.zero_objective + stretch.function(knots), None, None
        if stretch.start == path.profile.crossing:
            start, heights[0] = _crossing(path, subject, stretch.start)
        elif stretch.start == 0:
            heights[0] = first.lowest(1.0)
        if stretch.stop == 1:
            stop, heights[-1] = Touching((1.0,)), last.lowest(1.0)
        for end in (0, -1):  # conservative heights, with room for another's rounding
            heights[end] -= SLACK * abs(heights[end])
        levels.append(Level(knots, heights, start, stop))
    return levels


def _below(path: ScaledPath, subject: Subject, level: Level, bar: Any) -> list[Interval]:
    """That m stays below the target on one stretch."""
    if not level.known:
        return [Interval(float(level.knots[0]), float(level.knots[-1]), 0.0)]
    below = Below(subject, level.knots, level.heights, _scales(path), bar)
    below.start, below.stop = level.start, level.stop
    return below.prove()


def _crossing(path: ScaledPath, subject: Subject, lam: float) -> tuple[Touching, float]:
    """Two scales between which c* lies for certain, and a height that m(lam) is not below.

    If g at the lower and at the higher scale exceeds g in between, a minimum lies between them, and
    convexity bounds how far below. Else there are no such scales, as where c* is 0, or where a loss
    may rest on an interval of scales, so that the branches need not meet.
    """
    (best,) = [p.scale_stop for p in path.phases if p.name == "shrink" and p.lam_start == lam]
    value = Value(subject, lam)
    inner = value.highest(best)
    for share in ASIDE if subject.loss.strict and best > 0 else ():
        low, high = best * (1 - share), best * (1 + share)
        if min(value.lowest(low), value.lowest(high)) > inner:
            spread = max(value.highest(low), value.highest(high)) - value.lowest(best)
            return Touching((low, high)), value.lowest(best) - spread
    return Touching(()), value.lowest(best)


def _knots(path: ScaledPath, start: float, stop: float) -> Array:
    """Where the target may have corners, and the vertices of the base path."""
    every = [path.profile.knots, path.lam, getattr(path.forward.user_path, "vertices", [])]
    lam = np.unique(np.concatenate([np.asarray(one, float) for one in every] + [[start, stop]]))
    return lam[(lam >= start) & (lam <= stop)]


def _scales(path: ScaledPath) -> Scales:
    """The scale of the sheet's minimum where there is one, and multiples of the path's own."""
    finite = np.isfinite(path.best_scale)

    def scales(lam: float) -> list[float]:
        own = float(np.interp(lam, path.lam, path.scale))
        if not finite[np.argmin(np.abs(path.lam - lam))]:
            return [own * factor for factor in (1.1, 1.5, 2.5)]
        return [float(np.interp(lam, path.lam[finite], path.best_scale[finite]))]

    return scales


def _right_until(path: ScaledPath) -> float:
    """How far the path travels on the right branch, which has to be there; 0 where it does not."""
    return max((s.stop for s in path.profile.stretches if s.branch == "right"), default=0.0)


def _cut(growth: Statement, stop: float) -> Statement:
    kept = tuple(one for one in growth.intervals if one.start < stop)
    return Statement("right branch", f"condition 1 on [0, {stop:g}]", kept)


def _at(name: str, claim: str, lam: float, bound: float, scale: float = 1.0) -> Statement:
    return Statement(name, claim, (Interval(lam, lam, bound, scale=scale),))
