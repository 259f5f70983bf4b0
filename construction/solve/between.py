"""The scale between the lambdas of the grid, without the network, and how far it may be off.

Between its lambdas the sheet is interpolated (`construction.solve.interpolated`), and on that sheet
the target is met exactly. The error is estimated from the nodes themselves: each is predicted from
its neighbours, as if it had not been measured. By how much such predictions miss, over the gap that
they bridge to the power 3/2, is taken as a local rate; an interval of width h is then granted

    E = SIGMAS * rate * h^(3/2) * 4 tau (1 - tau),   tau in [0, 1] the position in the interval,

in g at fixed c, where the rate is the root mean square of the `WINDOW` nearest. The power is that
of functions with many small kinks, as of networks with ReLUs: for these a prediction says by how
much an interval *like this one* is missed, not by how much this one is. For smooth functions E is
several times too large. What hides between two lambdas, a bump narrower than the grid, is not seen.

From g to c: with s = |dg/dc| and q = d^2 g/dc^2 there, E moves the root by

    2 E / (s + sqrt(s^2 - 2 q E)),   or by (s + sqrt(s^2 + 2 q E)) / q where that is not real,

and where c is c* itself, by the error of the slope over q. Rounding of the outputs moves c by about
their eps besides, on the spot as here, and by more next to c*; of it E holds what the nodes show.
"""

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..path.paths import require_inside
from ..profile import Target
from ..sheet.sheet import Sheet
from .interpolated import around, interpolated, left_out
from .scale import Scales

#: Standard deviations granted, nodes over which one is taken, and what is granted of the largest
#: miss at the four nearest, for a kink that stands alone: chosen here.
SIGMAS, WINDOW, LOCAL = 4.0, 24, 2.0
#: The power of h.
ROUGH = 1.5


class ScaleBetween:
    """The scale of a path at any lambdas.

    Args:
        nodes: the sheet on the grid.
        breaks: lambdas of the base path's corners.
        target: v(lambda).
        scales: that meet it on any sheet of the path.
    """

    def __init__(self, nodes: Sheet, breaks: Array, target: Target, scales: Scales) -> None:
        self.nodes, self.breaks, self._target, self._scales = nodes, breaks, target, scales
        self._rates = self._estimated()

    def sheet(self, lam: Array) -> Sheet:
        """The sheet there, interpolated."""
        return interpolated(self.nodes, lam, around(self.nodes.lam, self.breaks, lam))

    def scale(self, lam: Array) -> tuple[Array, Array]:
        """The scale and its estimated error, (queries,) each.

        Raises:
            InputError: a lambda outside [0, 1].
            RootError: the interpolated sheet does not reach the target, as none is known to.
        """
        for x in lam:
            require_inside(float(x))
        sheet = self.sheet(lam)
        scale = self._scales.on(sheet)
        return scale, self._error(sheet, scale)

    def _error(self, sheet: Sheet, scale: Array) -> Array:
        """The estimated error of c, (queries,)."""
        lam, nodes = sheet.lam, self.nodes.lam
        interval = np.clip(np.searchsorted(nodes, lam, side="right") - 1, 0, len(nodes) - 2)
        width = np.diff(nodes)[interval]
        tau = (lam - nodes[interval]) / width
        with np.errstate(invalid="ignore"):  # no rate is known, but at a node none is needed
            granted = self._rates[:, interval] * width**ROUGH * 4 * tau * (1 - tau)
        granted = np.where((tau == 0) | (tau == 1), 0.0, granted)
        there, lifted = sheet.taylor(scale), scale == sheet.best_scale
        error = moved(granted, there.slope, there.curvature, lifted)
        return np.where(np.isnan(self._target.held(lam)), error, 0.0)

    def _estimated(self) -> Array:
        """The rates of g and of its slope in each interval, (2, nodes - 1); infinite if unknown."""
        lam, scale = self.nodes.lam, self._scales.on(self.nodes)
        inner, stencils = left_out(lam, self.breaks)
        if not inner.size:
            return np.full((2, len(lam) - 1), np.inf)
        known = self.nodes.pick(inner).taylor(scale[inner])
        guess = interpolated(self.nodes, lam[inner], stencils).taylor(scale[inner])
        gap = (lam[inner + 1] - lam[inner - 1]) ** ROUGH
        missed = np.stack([known.excess - guess.excess, known.slope - guess.slope]) / gap
        stretch = self._target.stretch_of(lam)
        alike = [stretch[inner] == one for one in stretch[:-1]]
        rates = [_rate(missed, inner, same, k) for k, same in enumerate(alike)]
        return np.stack(rates, axis=1)


def _rate(missed: Array, inner: NDArray[np.intp], alike: NDArray[np.bool_], k: int) -> Array:
    """Root mean square of what is missed at the nearest nodes of the same stretch, (2,)."""
    if np.count_nonzero(alike) < WINDOW // 4:  # too few to tell
        alike = np.ones_like(alike)
    chosen = np.flatnonzero(alike)
    place = int(np.searchsorted(inner[chosen], k, side="right"))
    low = max(0, min(place - WINDOW // 2, len(chosen) - WINDOW))
    typical = np.sqrt((missed[:, chosen[low : low + WINDOW]] ** 2).mean(axis=1))
    next_to = missed[:, chosen[max(0, place - 2) : place + 2]]
    rate: Array = np.maximum(SIGMAS * typical, LOCAL * np.abs(next_to).max(axis=1))
    return rate


def moved(granted: Array, slope: Array, curvature: Array, lifted: NDArray[np.bool_]) -> Array:
    """By how much c moves when g and its slope do, (queries,): see the head of this file.

    Args:
        granted: errors of g and of its slope, (2, queries).
        slope, curvature: of g in c, (queries,).
        lifted: where c is c*, (queries,).

    >>> moved(np.array([[0.5], [0.0]]), np.array([2.0]), np.array([3.0]), np.array([False])).item()
    0.3333333333333333
    """
    e, slip = granted
    s, q = np.abs(slope), curvature
    inside = s**2 - 2 * q * e
    with np.errstate(all="ignore"):
        root = 2 * e / (s + np.sqrt(np.maximum(inside, 0)))
        past = (s + np.sqrt(s**2 + 2 * q * e)) / q
        error = np.where(lifted, slip / q, np.where(inside > 0, root, past))
    return np.where(e == 0, 0.0, error)
