"""Low points of the growth between the lambdas of a grid, at which outputs may vanish.

Where outputs pass through zero their size falls to it from both sides along lines, more or less.
So an interval is looked into where a line through two lambdas beside it comes down to half of what
its ends have. A zero that is narrower than that, between two lambdas of the grid, is not seen.
"""

from collections.abc import Callable

import numpy as np

from ..sheet.sheet import Sheet

#: The sheet at one lambda.
Measure = Callable[[float], Sheet]
#: A lambda, and the size of outputs that its growth shows.
Place = tuple[float, float]

#: Share of the size at an interval's ends that lines have to stay above; chosen here.
SHARE = 0.5
#: The golden section, and steps by which it narrows any interval to neighbouring lambdas.
GOLDEN, STEPS = (3 - 5**0.5) / 2, 110


def lows_of(sheet: Sheet, measure: Measure, size: float) -> list[Sheet]:
    """The sheet at each low point of the growth that was looked for.

    Args:
        sheet: on the grid.
        measure: the sheet at any one lambda.
        size: of outputs that are rounding and nothing else, at which a search ends.
    """
    decided = sheet.growth > sheet.doubt(size)
    places = list(zip(sheet.lam.tolist(), _sizes(sheet), strict=True))
    return [
        _lowest(measure, places[k], places[k + 1], size)
        for k in range(len(places) - 1)
        if decided[k] and decided[k + 1] and _may_vanish(places[max(0, k - 1) : k + 3], k > 0)
    ]


def _sizes(sheet: Sheet) -> list[float]:
    """The growth, as a number in proportion to the outputs; their size where it is infinite."""
    finite = np.isfinite(sheet.growth)
    growth = np.where(finite, sheet.growth, 0.0) ** (1 / sheet.degree)
    sizes: list[float] = np.where(finite, growth, sheet.output_size).tolist()
    return sizes


def _may_vanish(around: list[Place], has_left: bool) -> bool:
    """Whether a line through a neighbour comes down to `SHARE`, in the interval after the first."""
    left, right = around[int(has_left)], around[int(has_left) + 1]
    enough = SHARE * min(left[1], right[1])
    lines = [_line(around[0], left, right[0])] if has_left else []
    if right != around[-1]:
        lines.append(_line(around[-1], right, left[0]))
    return any(height < enough for height in lines)


def _line(far: Place, near: Place, at: float) -> float:
    return near[1] + (near[1] - far[1]) / (near[0] - far[0]) * (at - near[0])


def _lowest(measure: Measure, left: Place, right: Place, size: float) -> Sheet:
    """By golden section, until rounding is reached, or lines stay above `SHARE`."""
    lam = left[0] + GOLDEN * (right[0] - left[0])
    lowest = measure(lam)
    middle = (lam, _sizes(lowest)[0])
    for _ in range(STEPS):
        lines = _line(right, middle, left[0]), _line(left, middle, right[0])
        if lowest.growth[0] <= lowest.doubt(size)[0] or min(lines) > SHARE * middle[1]:
            break
        far = max(left, right, key=lambda end: abs(end[0] - middle[0]))
        lam = middle[0] + GOLDEN * (far[0] - middle[0])
        if lam in (middle[0], far[0]):
            break
        sheet = measure(lam)
        here = (lam, _sizes(sheet)[0])
        if here[1] < middle[1]:
            lowest, here, middle = sheet, middle, here
        left, right = (here, right) if here[0] < middle[0] else (left, here)
    return lowest
