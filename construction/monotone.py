"""The constructed path: weights for s in [0, 1] along which the objective only goes down.

A path is a sequence of phases. In a *travel* lambda runs and the scale solves
``g(lambda, c) = v(lambda)``; in a *shrink* or *descend* lambda rests and c runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from .conditions import Conditions
from .errors import InputError
from .forward import Forward
from .networks import State, scale_head
from .paths import convert
from .phases import Phase, in_s
from .profiles import Levels
from .scale import solve
from .sheet import Array, Branches, Sheet

if TYPE_CHECKING:
    from .certificate import Certificate
    from .record import Record


class Target(Protocol):
    """What a profile offers: target, branch, and where it crosses from one branch to the other."""

    @property
    def name(self) -> str:
        """As given to `construct`."""

    @property
    def crossing(self) -> float | None:
        """The lambda at which c moves to c*; None when the path never leaves its branch."""

    @property
    def approach(self) -> float:
        """The excess over L(0) at which the path reaches the crossing."""

    def excess(self, lam: Array, minimum_excess: Array) -> Array:
        """``v(lambda) - L(0)``, (points,)."""

    def branches(self, lam: Array) -> Branches:
        """The words left or right, one a lambda, (points,)."""


@dataclass(frozen=True)
class Point:
    """One point of the path: weights W(lam), head multiplied by `scale`, and the objective there.

    `target` is the profile's value while travelling, else the objective itself.
    """

    s: float
    lam: float
    scale: float
    objective: float
    target: float


class MonotonePath:
    """The path that `construction.construct` returns.

    Attributes:
        lam, s: the grid of lambda while travelling, and where it lies in s, (points,).
        scale, target, objective: c(lambda), v(lambda), g(lambda, c(lambda)), (points,).
        empirical: g(lambda, 1), the objective on the base path itself, (points,).
        minimum, best_scale: m(lambda) and c*(lambda), (points,).
        zero_objective, initial_objective, final_objective: L(0), L(W(0)), L(W(1)).
        phases: in order of s.
        conditions: conditions 1 and 2 and the sheet barrier, with values.
        profile: the target that is followed.
        sheet: the measured moments.
        certificate: of the last `certify`, None before.

    All arrays are float64. At the lambda of a shrink they hold the values after it.
    """

    def __init__(
        self,
        forward: Forward,
        sheet: Sheet,
        levels: Levels,
        conditions: Conditions,
        profile: Target,
    ) -> None:
        self.forward, self.sheet, self.conditions, self.profile = (
            forward,
            sheet,
            conditions,
            profile,
        )
        self._measure_anew: Callable[[float], Sheet] = lru_cache(maxsize=8)(
            lambda lam: forward.along([lam])
        )
        self.lam = sheet.lam
        self.empirical = sheet.value(1.0)
        self.minimum, self.best_scale = sheet.minimum, sheet.best_scale
        self.zero_objective = levels.zero
        self.initial_objective, self.final_objective = levels.initial, levels.final
        excess = profile.excess(sheet.lam, sheet.minimum_excess)
        self.target = sheet.d + excess
        self.scale = self._scales(sheet, excess)
        self.objective = sheet.value(self.scale)
        self.phases = in_s(self._stretches())
        self.s = np.array([self.s_of(float(lam)) for lam in self.lam])
        self.certificate: Certificate | None = None

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the forward pass, and of `weights`."""
        return self.forward.dtype

    @property
    def head(self) -> str:
        """Name of the layer that is rescaled."""
        return self.forward.head

    def s_of(self, lam: float) -> float:
        """The s at which the path travels through lambda; the later one at a shrink.

        Raises:
            InputError: lambda outside [0, 1].
        """
        for phase in reversed(self.phases):
            if phase.name == "travel" and phase.lam_start <= lam <= phase.lam_stop:
                return phase.s_at(lam)
        raise InputError("lambda in [0, 1]", f"{lam}", "The path is defined there only.")

    def at(self, s: float) -> Point:
        """Lambda, scale and objective at s in [0, 1], solved on the spot with one forward pass.

        Raises:
            InputError: s outside [0, 1].
        """
        if not 0 <= s <= 1:
            raise InputError("s in [0, 1]", f"{s}", "The path is defined there only.")
        phase = next(phase for phase in self.phases if s <= phase.stop)
        share = (s - phase.start) / (phase.stop - phase.start)
        lam = self._grid_lambda(phase.lam_at(share))
        sheet = self._measure(lam)
        if phase.name == "travel" and 0 < share < 1:
            excess = self.profile.excess(sheet.lam, sheet.minimum_excess)
            scale = self._scales(sheet, excess)
            target = float(sheet.d + excess[0])
            return Point(s, lam, float(scale[0]), float(sheet.value(scale)[0]), target)
        c = phase.scale_at(share)
        objective = float(sheet.value(c)[0])
        return Point(s, lam, c, objective, objective)

    def weights(self, s: float, dtype: torch.dtype | None = None) -> State:
        """State dict of the path at s: W(0) itself at s = 0.

        Args:
            s: in [0, 1].
            dtype: that the weights are brought to before the head is rescaled; that of the
                forward pass when None. Rounding c W to float32 alone moves a small objective by
                about 1e-6 of it.
        """
        point = self.at(s)
        state = self.forward.path(point.lam)
        if dtype is not None:
            state = convert(state, self.forward.device, dtype)
        return dict(state) if point.scale == 1 else scale_head(state, self.head, point.scale)

    def certify(self, points: int = 1001) -> Certificate:
        """Check the path with the user's own model in float64: `construction.certify`."""
        from .certify import certify

        self.certificate = certify(self, points)
        return self.certificate

    def record(self, name: str = "", labels: Sequence[str] = ()) -> Record:
        """All that was measured and solved, without the network: `construction.record`."""
        from .record import record_of

        return record_of(self, name, labels)

    def _grid_lambda(self, lam: float) -> float:
        """The grid's lambda where only the rounding of s makes the difference."""
        near = float(self.lam[np.argmin(np.abs(self.lam - lam))])
        return near if abs(near - lam) < 1e-14 else lam

    def _measure(self, lam: float) -> Sheet:
        """The sheet at one lambda, from the grid where it is known there."""
        known = np.flatnonzero(self.lam == lam)
        return self.sheet.at(int(known[0])) if known.size else self._measure_anew(lam)

    def _scales(self, sheet: Sheet, excess: Array) -> Array:
        """c(lambda) on the profile's branch; exactly 1 where the target is L(W(0)) or L(W(1))."""
        crossing = self.profile.crossing
        scale = solve(sheet, excess, self.profile.branches(sheet.lam)).required(sheet.lam).copy()
        if crossing != 0:
            scale[sheet.lam == 0] = 1.0
        if crossing is not None:
            scale[sheet.lam == 1] = 1.0
        return scale

    def _stretches(self) -> list[Phase]:
        crossing, branches = self.profile.crossing, self.profile.branches(np.array([0.0, 1.0]))
        first, last = branches.tolist()
        if crossing is None:
            end = float(self.scale[-1])
            travel = Phase("travel", first, 0.0, 1.0, 1.0, end)
            stop = self._descended()
            below = self.target[-1] > self.final_objective
            return [travel, Phase("descend", first, 1.0, 1.0, end, stop)] if below else [travel]
        here = self._measure(crossing)
        best = float(here.best_scale[0])
        start = first if crossing > 0 else self.sheet.branch_of(0)
        stretches, c = [], 1.0
        if crossing > 0:
            approach = np.array([self.profile.approach])
            c = float(solve(here, approach, np.array([start])).required(here.lam)[0])
            stretches.append(Phase("travel", start, 0.0, crossing, 1.0, c))
        stretches.append(Phase("shrink", start, crossing, crossing, c, best))
        stretches.append(Phase("travel", last, crossing, 1.0, best, 1.0))
        return stretches

    def _descended(self) -> float:
        """The first scale on the way down the right branch at lambda = 1 that gives L(W(1)).

        It is 1 when c*(1) <= 1, else 2 c*(1) - 1: the parabola's other point of that height.
        """
        best = float(self.best_scale[-1])
        return 1.0 if best <= 1 else 2 * best - 1
