"""Is there a strictly decreasing path? By force, on a grid that is doubled until the answer stands.

At each lambda the minimum over c is found by search among scales, then golden section. A level is
kept for both sides of it: the highest at which a path may be there. From a level one can go down to
the minimum, change sides there, or go on to the next lambda on the same side, where the minimum is
lower and, to the left, the zero predictor higher. Whether g rises is asked at huge scales.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .losses_by_hand import objective

Outputs = Callable[[float], np.ndarray]
#: The first grid, and the last.
COARSE, FINE = 81, 641
#: Scales for outputs of the size 1, and steps of the search.
SCALES, STEPS = np.geomspace(1e-12, 1e12, 97), 50
GOLDEN = (5**0.5 - 1) / 2
#: Outputs below this share of the largest on the path vanish.
VANISH = 1e-12


@dataclass(frozen=True)
class Found:
    """Whether there is a path: by a margin, or at least without one; and if outputs vanish."""

    surely: bool
    perhaps: bool
    vanish: bool


def search(loss: str, outputs: Outputs, targets: np.ndarray, also: float = 0.0) -> Found:
    """The answer of two grids in a row, and at one more lambda, where rays may cease to rise."""
    lam, before = np.linspace(0, 1, COARSE), None
    while True:
        found = _on(loss, outputs, targets, np.union1d(lam, also))
        if found == before or len(lam) >= FINE:
            return found
        lam, before = np.linspace(0, 1, 2 * len(lam) - 1), found


def _on(loss: str, outputs: Outputs, targets: np.ndarray, lam: np.ndarray) -> Found:
    known = np.array([outputs(float(x)) for x in lam])
    size = np.abs(known).max((1, 2))
    lam = np.unique(np.concatenate([lam, *_lows(outputs, lam, size)]))
    known = np.array([outputs(float(x)) for x in lam])
    size = np.abs(known).max((1, 2))
    vanish = size <= VANISH * size.max()
    rays = _Rays(loss, known, targets, vanish)
    margin = 1e-7 * (abs(rays.zero) + abs(rays.first - rays.last))
    return Found(rays.leads(margin), rays.leads(-margin), bool(vanish.any()))


def _lows(outputs: Outputs, lam: np.ndarray, size: np.ndarray) -> list[np.ndarray]:
    """Where the size of the outputs is low between lambdas, closer and closer."""
    places = []
    for k in np.flatnonzero((size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:])) + 1:
        left, right = float(lam[k - 1]), float(lam[k + 1])
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
        self, loss: str, known: np.ndarray, targets: np.ndarray, vanish: np.ndarray
    ) -> None:
        self.zero = float(objective(loss, np.zeros_like(known[0]), targets))
        ends = objective(loss, known[[0, -1]], targets)
        self.first, self.last = float(ends[0]), float(ends[1])
        self.vanish = vanish
        size = np.maximum(np.abs(known).max((1, 2)), 1e-300)
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
                if top > self.minimum[other] + margin and top >= self.minimum[k] - abs(margin):
                    reach(other, side, top)
        return bool((level[-1] >= self.last - abs(margin)).any())
