"""Is there a strictly decreasing path? By force, on a grid that is doubled until the answer stands.

At each lambda the minimum over c is found by search among scales, then golden section. A level is
kept for both sides of it: the highest at which a path may be there. From a level one can go down to
the minimum, change sides there, or go on to the next lambda on the same side, where the minimum is
lower and, to the left, the zero predictor higher. Whether g rises is asked at huge scales. Where
that leaves no margin, peaks of the minimum are located between the lambdas, and the margin is one
of rounding; where outputs vanish, the slopes on both sides decide whether a path can pass.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .losses_by_hand import CLASSES, each, objective

Outputs = Callable[[float], np.ndarray]
#: The first grid, and the last.
COARSE, FINE = 81, 641
#: Scales for outputs of the size 1, and steps of the searches over c and over lambda.
SCALES, STEPS = np.geomspace(1e-12, 1e12, 97), 80
GOLDEN = (5**0.5 - 1) / 2
#: Outputs below this share of the largest on the path vanish.
VANISH = 1e-12
#: Margins, as shares of L(0) and of the drop: on a grid, and where peaks are located.
LOOSE, SHARP = 1e-7, 1e-12
#: How far beside a lambda, and from the zero predictor, slopes are taken, and the share of what
#: single samples change by that decides.
ASIDE, STEEP = 1e-7, 1e-3


@dataclass(frozen=True)
class Found:
    """Whether there is a path: by a margin, or at least without one; and if outputs vanish."""

    surely: bool
    perhaps: bool
    vanish: bool


def search(loss: str, outputs: Outputs, targets: np.ndarray, also: float = 0.0) -> Found:
    """The answer of two grids in a row, and at one more lambda, where rays may cease to rise."""
    if loss in CLASSES:  # what is added to all of a sample's outputs changes nothing
        every = outputs

        def outputs(lam: float) -> np.ndarray:
            known = every(lam)
            return known - known[np.arange(len(targets)), targets][:, None]

    lam, before = np.linspace(0, 1, COARSE), None
    while True:
        found = _on(loss, outputs, targets, np.union1d(lam, also), LOOSE)
        if found == before or len(lam) >= FINE:
            break
        lam, before = np.linspace(0, 1, 2 * len(lam) - 1), found
    if found.perhaps != found.surely:
        found = _on(loss, outputs, targets, np.union1d(lam, also), SHARP)
    return found


def _on(loss: str, outputs: Outputs, targets: np.ndarray, lam: np.ndarray, share: float) -> Found:
    lam = np.unique(np.concatenate([lam, *_lows(outputs, lam)]))
    rays = _Rays(loss, outputs, targets, lam)
    if share < LOOSE:
        lam = np.union1d(lam, _peaks(loss, outputs, targets, rays))
        rays = _Rays(loss, outputs, targets, lam)
    margin = share * (abs(rays.zero) + abs(rays.first - rays.last))
    found = Found(rays.leads(margin), rays.leads(-margin), bool(rays.vanish.any()))
    if found.perhaps and not found.surely and found.vanish:
        passes = _passes(loss, outputs, targets, lam[rays.vanish])
        if passes is not None:
            return replace(found, surely=passes, perhaps=passes)
    return found


def _passes(loss: str, outputs: Outputs, targets: np.ndarray, where: np.ndarray) -> bool | None:
    """Whether a path that the levels allow can pass outputs that vanish; None: not decided.

    It is there at the level L(0) exactly, so at one such lambda at most; and there it goes with the
    slopes of the sheet on both sides: docs/theory/when-a-path-exists.md, on passing.
    """
    if len(where) > 1:
        return False
    here, slopes = float(where[0]), []
    step = ASIDE * (np.abs(targets).max() or 1.0 if targets.ndim > 1 else 1.0)
    for side in (-1, 1):
        if 0 <= here + side * ASIDE <= 1:
            direction = outputs(here + side * ASIDE)
            near = each(loss, step * direction / np.abs(direction).max(), targets)
            change = near - each(loss, np.zeros_like(direction), targets)
            slopes.append(side * change.mean() / max(np.abs(change).mean(), 1e-300))
    if here > 0 and slopes[0] > STEEP:  # before it the sheet has to be above L(0)
        return False
    return True if all(slope < -STEEP for slope in slopes) else None


def _peaks(loss: str, outputs: Outputs, targets: np.ndarray, rays: _Rays) -> np.ndarray:
    """Where the minimum is high between the lambdas, closer and closer."""
    m, lam = rays.minimum, rays.lam
    padded = np.concatenate([[-np.inf], m, [-np.inf]])
    high = np.flatnonzero((m >= padded[:-2]) & (m >= padded[2:]) & (m > rays.last - abs(rays.last)))
    left, right = lam[np.maximum(high - 1, 0)], lam[np.minimum(high + 1, len(lam) - 1)]
    for _ in range(STEPS):
        a, b = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
        at_a, at_b = (_Rays(loss, outputs, targets, x, rays.largest).minimum for x in (a, b))
        left, right = np.where(at_a < at_b, a, left), np.where(at_a < at_b, right, b)
    return (left + right) / 2


def _lows(outputs: Outputs, lam: np.ndarray) -> list[np.ndarray]:
    """Where the size of the outputs is low between lambdas, closer and closer."""
    size, places = np.array([np.abs(outputs(float(x))).max() for x in lam]), []
    padded = np.concatenate([[np.inf], size, [np.inf]])
    for k in np.flatnonzero((size <= padded[:-2]) & (size <= padded[2:])):
        left, right = float(lam[max(k - 1, 0)]), float(lam[min(k + 1, len(lam) - 1)])
        for _ in range(80):
            a, b = right - GOLDEN * (right - left), left + GOLDEN * (right - left)
            if np.abs(outputs(a)).max() <= np.abs(outputs(b)).max():
                right = b
            else:
                left = a
        places.append(np.array([(left + right) / 2]))
    return places


class _Rays:
    """Minima over c at each lambda, and where g rises."""

    def __init__(
        self,
        loss: str,
        outputs: Outputs,
        targets: np.ndarray,
        lam: np.ndarray,
        largest: float = 0.0,
    ) -> None:
        self.lam, known = lam, np.array([outputs(float(x)) for x in lam])
        self.zero = float(objective(loss, np.zeros_like(known[0]), targets))
        ends = objective(loss, known[[0, -1]], targets)
        self.first, self.last = float(ends[0]), float(ends[1])
        size = np.abs(known).max((1, 2))
        self.largest = max(largest, float(size.max()))
        self.vanish = vanish = size <= VANISH * self.largest
        size = np.maximum(size, 1e-300)
        unit = known / size[:, None, None]
        g = np.array([objective(loss, c * unit, targets) for c in SCALES])
        g = np.where(np.isfinite(g), g, np.inf)
        at = g.argmin(0)
        low = np.log(SCALES[np.maximum(at - 1, 0)])
        high = np.log(SCALES[np.minimum(at + 1, len(SCALES) - 1)])
        for _ in range(STEPS):
            a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
            ga, gb = (objective(loss, np.exp(x)[:, None, None] * unit, targets) for x in (a, b))
            left = ~(ga > gb)
            low, high = np.where(left, low, a), np.where(left, b, high)
        scale = np.exp((low + high) / 2)
        lowest = objective(loss, scale[:, None, None] * unit, targets)
        self.minimum = np.where(vanish, self.zero, np.fmin(np.fmin(lowest, g.min(0)), self.zero))
        self.best = np.where(lowest < self.zero, scale / size, 0.0)
        self.rises = (g[-1] > self.zero + abs(self.zero) + 1.0) & ~vanish
        self.start_right = self.best[0] * (1 - 1e-9) <= 1 and bool(self.rises[0])
        self.start_left = self.best[0] * (1 + 1e-9) >= 1 or not self.rises[0]

    def leads(self, margin: float) -> bool:
        """Whether levels lead from the start to the last lambda at L(W(1)) or above."""
        if self.last >= self.first - margin:
            return False
        count = len(self.minimum)
        level = np.full((count, 2), -np.inf)
        # that no scale is below L(0) is known from the slope at 0, without a margin
        in_doubt = (self.minimum < self.zero) | self.vanish
        above = self.minimum + np.where(in_doubt, margin, 0.0)
        heap: list[tuple[float, int, int]] = []

        def reach(k: int, side: int, height: float) -> None:
            if height > level[k, side]:
                level[k, side] = height
                heapq.heappush(heap, (-height, k, side))

        for side, there in enumerate((self.start_left, self.start_right)):
            if there:
                reach(0, side, self.first)
        while heap:
            height, k, side = heapq.heappop(heap)
            height = -height
            if height < level[k, side]:
                continue
            if self.rises[k]:
                reach(k, 1 - side, float(self.minimum[k]))
            for other in (k - 1, k + 1):
                if not 0 <= other < count or (side and not self.rises[[k, other]].all()):
                    continue
                top = height if side else min(height, self.zero - max(margin, 0.0))
                if top > above[other] and top >= self.minimum[k] - abs(margin):
                    reach(other, side, top)
        return bool((level[-1] >= self.last - abs(margin)).any())
