"""The valley profile: as low as a path on the sheet can go, crossing where the sheet is highest.

The theorem's target stays above L(0). This one follows the sheet's own minimum over c from above,
and may pass from one branch to the other where both meet, in c*.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..condition.decision import Knots, Way
from ..condition.passing import Pass
from ..sheet.levels import Levels
from ..sheet.sheet import Branch
from .profiles import THETA
from .target import Stretch, Target, piecewise_linear


def valley(levels: Levels, knots: Knots, way: Way, passed: Pass | None = None) -> Target:
    """The target along a way through the sheet.

    Let ``M(lambda) = sup over mu >= lambda of m(mu)``, ``M' = max(M, L(W(1)))`` and U the least
    concave majorant of M' from the crossing lambda_t to 1. From there on v is the piecewise linear
    function through

        v_0 = m(lambda_t),   v_k = (1 - theta) M'_(k-1) + theta U_k,   v_n = L(W(1)):

    a knot late, so that between knots, too, it lies above m; where m is still higher, as next to a
    smooth peak, v is m itself. Before lambda_t (empty when it is 0) v falls evenly from L(W(0)) to
    a little above the highest point of m, on the branch on which c = 1 starts; at lambda_t the
    scale moves to c* (*shrink*).

    Where no crossing is needed or possible v is U from L(W(0)) to L(W(1)), on one branch: if c = 1
    lies on the other one at lambda = 1, the path ends at the objective of W(1) with another scale.

    Args:
        levels: L(0), and L(W(0)) and L(W(1)) as excess.
        knots: what is known of m.
        way: see `construction.condition.decision`.
        passed: how a lambda is passed at which g does not depend on c.
    """
    lam, m = knots.lam, knots.minimum
    final = levels.final_excess
    if passed is not None:
        return _past(levels, knots, passed)
    if way.crossing is None:
        corners, heights = _majorant(lam, m, levels.initial_excess, final)
        only = piecewise_linear(lam[corners], heights[corners])
        whole = Stretch(0.0, 1.0, way.first, only, lifted=True)
        return Target("valley", (whole,), knots=lam, minimum=m)
    top = float(lam[way.crossing])
    after = _descending(lam, m, top, float(m[way.crossing]), final, way.last)
    stretches: tuple[Stretch, ...] = (after,)
    if top > 0:
        approach = float(m.max()) + THETA * (levels.initial_excess - float(m.max()))
        ends = np.array([0.0, top]), np.array([levels.initial_excess, approach])
        stretches = (Stretch(0.0, top, way.first, piecewise_linear(*ends)), after)
    return Target("valley", stretches, crossing=top, knots=lam, minimum=m)


def _past(levels: Levels, knots: Knots, passed: Pass) -> Target:
    """Down to where the scale is held, past the constant ray, and on from there."""
    stretches = [Stretch(passed.start, passed.stop, passed.branch, _nothing, held=passed.scale)]
    if passed.start > 0:
        ends = (
            np.array([0.0, passed.start]),
            np.array([levels.initial_excess, passed.excess_before]),
        )
        stretches.insert(0, Stretch(0.0, passed.start, "right", piecewise_linear(*ends)))
    if passed.stop < 1:
        stretches.append(
            _descending(
                knots.lam,
                knots.minimum,
                passed.stop,
                passed.excess_after,
                levels.final_excess,
                passed.branch,
            )
        )
    return Target("valley", tuple(stretches), knots=knots.lam, minimum=knots.minimum)


def _descending(
    lam: Array, m: Array, start: float, height: float, final: float, branch: Branch
) -> Stretch:
    """V from `height` at `start` to `final` at 1, above m, a knot late."""
    behind = lam > start
    x = np.concatenate([[start], lam[behind]])
    ahead = np.concatenate([[height], m[behind]])
    corners, heights = _majorant(x, ahead, height, final)
    lift = np.interp(x, x[corners], heights[corners])
    v = np.empty_like(x)
    v[0], v[-1] = height, final
    v[1:-1] = ((1 - THETA) * heights[:-1] + THETA * lift[1:])[:-1]
    return Stretch(start, 1.0, branch, piecewise_linear(x, v), lifted=True)


def _majorant(x: Array, m: Array, start: float, final: float) -> tuple[list[int], Array]:
    """Corners of the least concave majorant of M' on x, raised to `start` at its first point."""
    heights = np.maximum(np.maximum.accumulate(m[::-1])[::-1], final)
    heights[0], heights[-1] = start, final
    return concave_corners(x, heights), heights


def concave_corners(x: Array, y: Array) -> list[int]:
    """Indices of the corners of the least concave majorant of points with increasing x.

    >>> concave_corners(np.array([0.0, 1, 2, 3]), np.array([1.0, 0.2, 0.9, 0.0]))
    [0, 2, 3]
    """
    corners: list[int] = []
    for k in range(len(x)):
        while len(corners) > 1:
            i, j = corners[-2:]
            below_chord = (y[j] - y[i]) * (x[k] - x[i]) <= (y[k] - y[i]) * (x[j] - x[i])
            if not below_chord:
                break
            corners.pop()
        corners.append(k)
    return corners


def _nothing(lam: Array) -> Array:
    raise AssertionError("a stretch with a held scale has no function of its own")
