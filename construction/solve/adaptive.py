"""The adaptive grid: lambdas where the sheet bends, until c is known everywhere to a tolerance.

A few lambdas are measured, then more in rounds, a whole batch a round, wherever the estimated
error of c between two of them (`construction.solve.between`) is above the tolerance. How many
are put into an interval follows from the error, and from how fast it fell in the round before. For
the valley profile, peaks of m are looked for on the interpolated sheet, and become lambdas of the
grid.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

import numpy as np
import torch

from ..arrays import Array
from ..condition.minima import WIDTH, peaks_of
from ..errors import InputError, ToleranceError
from ..forward.forward import Forward
from ..path.paths import Path
from ..sheet.moments import SquaredSheet
from ..sheet.rays import RaySheet
from ..sheet.sheet import Sheet
from .between import ROUGH
from .scaled_path import ScaledPath

P = TypeVar("P", bound=ScaledPath)

#: Fewest lambdas on each segment of a polyline: of fewer, no error can be estimated.
FEWEST = 5
#: Positions in an interval at which the error is estimated: the middle, and where it is largest
#: next to a crossing, from which c leaves c* like a square root. Chosen here.
PLACES = (1 / 3, 1 / 2)
#: Most parts that an interval is cut into in one round, and by how much more than the error asks
#: for, so that few intervals are just missed: chosen here.
PARTS, SPARE = 8, 1.15
#: Where the error fell with more than this power of h, intervals are halved and looked at again;
#: else it is taken to go on falling with `ROUGH`. Chosen here.
SMOOTH = 2.5


@dataclass(frozen=True)
class Adaptive:
    """A grid of lambdas that is refined until c is known to a tolerance between them.

    Attributes:
        tolerance: of c, as a share of max(1, c).
        start: lambdas of the first, even grid.
        most: lambdas in all.

    Raises:
        InputError: a tolerance that is not positive, or numbers of lambdas that do not fit.
    """

    tolerance: float = 1e-6
    start: int = 33
    most: int = 1001

    def __post_init__(self) -> None:
        if not (isfinite(self.tolerance) and self.tolerance > 0):
            raise InputError(
                "a tolerance above 0", f"{self.tolerance}", "1e-6 suits a float32 network."
            )
        if not FEWEST <= self.start <= self.most:
            raise InputError(
                f"at least {FEWEST} lambdas to start from, and no more than `most`",
                f"start={self.start}, most={self.most}",
                "33 and 1001 are the defaults.",
            )

    def beginning(self, path: Path) -> Array:
        """The first lambdas: even on each segment of a polyline, every vertex among them.

        >>> Adaptive(start=5).beginning(lambda lam: {}).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
        """
        vertices = np.asarray(getattr(path, "vertices", (0.0, 1.0)), float)
        counts = np.rint(np.diff(vertices) * (self.start - 1)).astype(int) + 1
        pieces = [
            np.linspace(left, right, max(count, FEWEST))
            for left, right, count in zip(vertices[:-1], vertices[1:], counts, strict=True)
        ]
        return np.unique(np.concatenate(pieces))


def refined(forward: Forward, sheet: Sheet, adaptive: Adaptive, follow: Callable[[Sheet], P]) -> P:
    """The path on a grid that is refined from that of `sheet`.

    Args:
        forward: to measure at more lambdas.
        sheet: at the first ones.
        adaptive: the tolerance, and how many lambdas there may be.
        follow: constructs the path on a sheet.

    Raises:
        InputError: a tolerance below the rounding of the forward pass.
        ToleranceError: more than `most` lambdas would be needed; how far it got is in the message.
        ConditionError, RootError: of `follow`.
    """
    rounding = torch.finfo(forward.dtype).eps
    if adaptive.tolerance < rounding:
        raise InputError(
            f"a tolerance of at least {rounding:.1e}, the rounding of {forward.dtype}",
            f"{adaptive.tolerance:g}",
            "Ask for less, or use dtype=torch.float64.",
        )
    before: tuple[Array, Array] | None = None
    while True:
        path = follow(sheet)
        peaks = _peaks(path, rounding)
        if peaks.size:
            sheet = _enlarged(forward, path, peaks, adaptive)
            continue
        share = _shares(path) / adaptive.tolerance
        if (share <= 1).all():
            path.tolerance = adaptive.tolerance
            return path
        wanted = _cut(path.lam, share, _order(path.lam, share, before))
        before = path.lam, share
        sheet = _enlarged(forward, path, wanted, adaptive)


def _shares(path: ScaledPath) -> Array:
    """The largest estimated error of c over max(1, c) in each interval, (points - 1,)."""
    left, width = path.lam[:-1], np.diff(path.lam)
    known = [path.between.scale(left + place * width) for place in PLACES]
    largest: Array = np.max([error / np.maximum(1, scale) for scale, error in known], axis=0)
    return largest


def _order(lam: Array, share: Array, before: tuple[Array, Array] | None) -> float:
    """The power of h with which the error is expected to fall; infinite: halve, and see."""
    if before is None:
        return np.inf
    coarse, earlier = before
    parent = np.clip(np.searchsorted(coarse, lam[:-1], side="right") - 1, 0, len(earlier) - 1)
    shrunk = np.diff(lam) / np.diff(coarse)[parent]
    cut = (share > 1) & (shrunk < 1)
    if not cut.any():
        return 1.0
    powers = np.log(share[cut] / earlier[parent[cut]]) / np.log(shrunk[cut])
    order = float(np.median(powers))
    return np.inf if order > SMOOTH else min(max(order, 1.0), ROUGH)


def _cut(lam: Array, share: Array, order: float) -> Array:
    """Lambdas that cut every interval with too large an error into equal parts."""
    wide = np.flatnonzero(share > 1)
    parts = np.ceil((SPARE * share[wide]) ** (1 / order))
    counts = np.clip(parts, 2, PARTS).astype(int)
    cuts = [
        np.linspace(lam[k], lam[k + 1], count + 1)[1:-1]
        for k, count in zip(wide, counts, strict=True)
    ]
    return np.concatenate(cuts)


def _enlarged(forward: Forward, path: ScaledPath, wanted: Array, adaptive: Adaptive) -> Sheet:
    """The sheet with more lambdas."""
    points = len(path.lam)
    if points + len(wanted) > adaptive.most:
        shares = _shares(path)
        worst = int(np.argmax(shares))
        raise ToleranceError(
            f"c known to {adaptive.tolerance:g} from at most {adaptive.most} lambdas",
            f"an estimated error of {shares[worst]:.1e} after {points}, and {len(wanted)} more "
            f"wanted, most of all near lambda = {path.lam[worst]:.6g}",
            "Allow a larger tolerance or more lambdas: Adaptive(tolerance, most=...); in float32 "
            "rounding may be what is left, and dtype=torch.float64 helps.",
            lam=float(path.lam[worst]),
            error=float(shares[worst]),
            points=points,
        )
    return _merged(path.sheet, forward.along(wanted, "objectives at more lambdas"))


def _merged(one: Sheet, other: Sheet) -> Sheet:
    if isinstance(one, SquaredSheet) and isinstance(other, SquaredSheet):
        return one.merged(other)
    assert isinstance(one, RaySheet), "what is measured is one or the other"
    assert isinstance(other, RaySheet), "and by one network alike"
    return one.merged(other)


def _peaks(path: ScaledPath, rounding: float) -> Array:
    """Lambdas between those of the grid at which the interpolated m peaks, for the valley."""
    if not path.profile.knots.size:
        return np.zeros(0)
    peaks = peaks_of(path.sheet, lambda lam: path.between.sheet(np.array([lam])), rounding)
    lam = np.unique([peak.lam[0] for peak in peaks])
    apart: Array = lam[np.abs(lam[:, None] - path.lam).min(axis=1) > WIDTH]
    return apart
