"""Passing a lambda at which g does not depend on c, as where all outputs vanish.

There g is L(0) whatever the scale, so a decreasing path can be there only at that level, coming
from the right branch above it and going on below. Near it the scale is simply held: g(lambda, C)
itself falls from above L(0) to below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..sheet.levels import Levels
from ..sheet.sheet import Branch, Sheet
from .decision import Knots

#: Lambdas on each side at which g(lambda, C) is looked at; chosen here.
LOOKS = 8
#: Scales that are tried, 1 first, and widths in lambda, as shares of the grid's step.
SCALES = (1.0, *(2.0**k for j in range(1, 21) for k in (j, -j)))
WIDTHS = tuple(0.25**k for k in range(8))


@dataclass(frozen=True)
class Pass:
    """The scale is held while lambda runs past a constant ray.

    Attributes:
        start, stop: lambdas around it.
        scale: C.
        excess_before, excess_after: g - L(0) at both.
        branch: on which C lies at `stop`, and the path goes on.
    """

    start: float
    stop: float
    scale: float
    excess_before: float
    excess_after: float
    branch: Branch


def find_pass(
    levels: Levels, knots: Knots, index: int, along: Callable[[list[float]], Sheet]
) -> Pass | None:
    """A scale at which g falls past the knot `index`; None where none was found.

    What is found was looked at on `LOOKS` lambdas on each side, no more.
    """
    here = float(knots.lam[index])
    before = here - float(knots.lam[index - 1]) if index else 0.0
    after = float(knots.lam[index + 1]) - here if index + 1 < len(knots.lam) else 0.0
    if index + 2 == len(knots.lam):
        after /= 2  # at lambda = 1 it would be too late to go on
    beyond = float(knots.minimum[index + 1 :].max(initial=-np.inf))
    floor = max(beyond, levels.final_excess)
    for width in WIDTHS:
        left = here - width * before * np.arange(LOOKS, 0, -1) / LOOKS if before else np.zeros(0)
        right = here + width * after * np.arange(1, LOOKS + 1) / LOOKS if after else np.zeros(0)
        sheet = along([*left, here, *right])
        for scale in SCALES if index else (1.0,):
            excess = sheet.excess(scale).copy()
            excess[len(left)] = 0.0  # exactly L(0), but for rounding
            branch = sheet.branch_of(-1, scale)
            goes_on = branch == "left" or bool(knots.rises[index + 1 :].all())
            ends_well = not after or (excess[-1] > floor and goes_on)
            starts_well = not before or excess[0] < levels.initial_excess
            if (np.diff(excess) < 0).all() and ends_well and starts_well:
                return Pass(
                    float(sheet.lam[0]),
                    float(sheet.lam[-1]),
                    scale,
                    float(excess[0]),
                    float(excess[-1]),
                    branch,
                )
    return None
