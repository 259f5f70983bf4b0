"""Shapes of objectives along a line: monotone, convex, rise, barrier, bulge, plateau.

All is measured of the polyline through the given points, so that rise, barrier and bulge are lower
bounds of those of the curve itself. Values that are not finite are refused by an InputError.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import Array
from ..errors import InputError
from ..profile import concave_corners

#: Share of the whole drop up to which a curve counts as still on its plateau; chosen here.
PLATEAU = 0.1
#: Rises up to this share of the largest absolute value count as rounding: a few times the rounding
#: of a mean over samples of single-precision outputs. Chosen here.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Excess:
    """By how much a curve lies above something, at its worst.

    Attributes:
        value: in units of the objective; at least 0.
        start, stop: lambdas of the rise; both the same where it is one point's.
    """

    value: float
    start: float
    stop: float


@dataclass(frozen=True)
class Shape:
    """The shape of one curve on its interval.

    Attributes:
        rise: the largest rise, Delta, see `largest_rise`.
        hill: the largest excess over the first value, a barrier in the sense of Vlaar and Frankle
            2022 (arXiv 2106.16004), seen from the start.
        barrier: the largest excess over the chord, which is straight between the ends (Entezari et
            al. 2022, arXiv 2110.06296, section 2); a curve that falls steadily but late has one.
        bulge: the largest excess over the lower convex hull; 0 where the points are convex.
            Goodfellow et al. 2014 (arXiv 1412.6544) call their curves approximately convex in
            words; this says how nearly. Chosen here.
        plateau: share of the interval before a tenth of the drop, see `plateau`.
        monotone, convex: whether `rise` and `bulge` are no more than rounding.
    """

    rise: Excess
    hill: Excess
    barrier: Excess
    bulge: Excess
    plateau: float
    monotone: bool
    convex: bool


def shape_of(lam: Array, values: Array) -> Shape:
    """The shape of one curve, of values at increasing lambdas, (points,) each, at least two.

    >>> shape = shape_of(np.array([0.0, 0.5, 1.0]), np.array([1.0, 2.5, 2.0]))
    >>> shape.hill.value, shape.barrier, shape.bulge.value, shape.monotone
    (1.5, Excess(value=1.0, start=0.5, stop=0.5), 1.0, False)
    """
    rounding = ROUNDING * float(np.abs(values).max(initial=0.0))
    rise, corners = largest_rise(lam, values), concave_corners(lam, -values)
    tau = (lam - lam[0]) / (lam[-1] - lam[0])
    chord = (1 - tau) * values[0] + tau * values[-1]
    bulge = _highest(lam, values - np.interp(lam, lam[corners], values[corners]))
    return Shape(
        rise,
        hill=_highest(lam, values - values[0]),
        barrier=_highest(lam, values - chord),
        bulge=bulge,
        plateau=plateau(lam, values),
        monotone=rise.value <= rounding,
        convex=bulge.value <= rounding,
    )


def largest_rise(lam: Array, values: Array) -> Excess:
    """``Delta = max over mu >= lambda of L(mu) - L(lambda)``; 0 where nothing rises.

    The least Delta for which the curve is Delta-monotonic (Lucas et al. 2021, arXiv 2104.11044,
    where monotonic linear interpolation is Delta = 0). Of equal rises the first.

    >>> largest_rise(np.array([0.0, 0.5, 1.0]), np.array([3.0, 1.0, 1.75]))
    Excess(value=0.75, start=0.5, stop=1.0)
    """
    if not np.isfinite(values).all():
        raise InputError(
            "finite values",
            f"{int((~np.isfinite(values)).sum())} NaN or infinite",
            "Measure where the objective is finite.",
        )
    rises = values - np.minimum.accumulate(values)
    top = int(rises.argmax())
    foot = int(values[: top + 1].argmin())
    return Excess(float(rises[top]), float(lam[foot]), float(lam[top]))


def plateau(lam: Array, values: Array) -> float:
    """The share of the interval before the curve first falls by `PLATEAU` of its whole drop.

    The lambda at which it does lies on the polyline. 1 where the last value is not below the first,
    as nothing falls for good. Frankle 2020 (arXiv 2012.06898) shows plateaus; the number is chosen
    here. A straight curve has `PLATEAU` itself.

    >>> plateau(np.linspace(0, 1, 5), np.array([1.0, 1.0, 1.0, 0.5, 0.0]))
    0.55
    """
    if not values[-1] < values[0]:
        return 1.0
    level = values[0] - PLATEAU * (values[0] - values[-1])
    k = int(np.flatnonzero(values < level)[0])
    tau = (values[k - 1] - level) / (values[k - 1] - values[k])
    reached = lam[k - 1] + tau * (lam[k] - lam[k - 1])
    return float((reached - lam[0]) / (lam[-1] - lam[0]))


def _highest(lam: Array, excess: Array) -> Excess:
    """The highest point; its value is at least 0, as an end has that but for rounding."""
    top = int(excess.argmax())
    return Excess(max(0.0, float(excess[top])), float(lam[top]), float(lam[top]))
