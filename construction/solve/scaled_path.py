"""A path whose head is rescaled so that the objective meets its target: weights for s in [0, 1].

It is a sequence of phases (`construction.solve.phases`). What is off its grid is solved when asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import InputError, door, reading
from ..forward.forward import Forward
from ..forward.method import Served
from ..network.heads import scale_head
from ..network.states import State
from ..path.paths import convert, require_inside
from ..profile import Target
from ..sheet.sheet import Levels, Sheet
from .phases import Phase, phases_of, s_of
from .scale import Scales


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


class ScaledPath:
    """W(lambda) with the head multiplied by c(lambda), all phases of it.

    `construction.theorem.monotone.MonotonePath` is this with conditions, a certificate and a
    record, and lists the attributes of both, the arguments among them.

    Raises:
        RootError: the sheet does not reach the target.
    """

    def __init__(self, forward: Forward, sheet: Sheet, levels: Levels, profile: Target) -> None:
        self.forward, self.sheet, self.levels, self.profile = forward, sheet, levels, profile
        self.dtype, self.head = forward.dtype, forward.head
        self._between: dict[float, Sheet] = {}
        self.lam = sheet.lam
        self.empirical = sheet.value(1.0)
        self.minimum, self.best_scale = sheet.minimum, sheet.best_scale
        self.zero_objective = levels.zero
        self.initial_objective, self.final_objective = levels.initial, levels.final
        self.target = sheet.d + profile.excess(sheet)
        self._scales = Scales(sheet, levels, profile)
        self.scale = self._scales.on(sheet)
        self.objective = sheet.value(self.scale)
        self.phases = phases_of(profile, self._scales, levels, sheet, self._measure)
        self.s = np.array([self.s_of(float(lam)) for lam in self.lam])

    @property
    def served(self) -> Served:
        """Which method gave the outputs along the path, and why."""
        return self.forward.served

    def s_of(self, lam: float) -> float:
        """The s at which the path travels through lambda, of [0, 1]; the later one at a shrink."""
        require_inside(lam)
        return s_of(self.phases, lam)

    def at(self, s: float) -> Point:
        """Lambda, scale and objective at s in [0, 1]; off the grid solved with one forward pass.

        Raises:
            InputError: s outside [0, 1].
        """
        phase, share, lam = self._place(s)
        sheet = self._measure(lam)
        if phase.name == "travel" and phase.lam_start < lam < phase.lam_stop:
            grid = np.flatnonzero(self.lam == lam)
            if grid.size:
                solved = (self.scale, self.objective, self.target)
                return Point(s, lam, *(float(one[grid[0]]) for one in solved))
            scale = self._scales.on(sheet)
            target = float(sheet.d + self.profile.excess(sheet)[0])
            return Point(s, lam, float(scale[0]), float(sheet.value(scale)[0]), target)
        c = phase.scale_at(float(lam == phase.lam_stop) if phase.name == "travel" else share)
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
        return self.weights_at(self.at(s), dtype)

    @door()
    def weights_at(self, point: Point, dtype: torch.dtype | None = None) -> State:
        """As `weights`, of a point that is solved already."""
        state = self.forward.path(point.lam)
        if dtype is not None:
            state = convert(state, self.forward.device, dtype)
        if point.scale == 1:
            return dict(state)
        return scale_head(state, self.forward.rescaled, point.scale)

    @reading("values of s, a list of them", InputError, "They lie in [0, 1].")
    def expect(self, s: Iterable[float]) -> None:
        """Run the network at the lambdas of all these s at once, before they are asked for."""
        lams = np.setdiff1d([self._place(float(x))[2] for x in s], self.lam)
        if lams.size:
            sheet = self.forward.along(lams)
            self._between = {float(lam): sheet.at(k) for k, lam in enumerate(lams)}

    def _place(self, s: float) -> tuple[Phase, float, float]:
        """The phase of s, the share of it that is done, and lambda."""
        # at the grid's s it is the grid's lambda, and between two of them one between, as rounded
        require_inside(s, "s")
        phase = next(phase for phase in self.phases if s <= phase.stop)
        share = (s - phase.start) / (phase.stop - phase.start)
        after = int(np.searchsorted(self.s, s))
        if after < len(self.s) and self.s[after] == s:
            return phase, share, float(self.lam[after])
        low, high = self.lam[max(0, after - 1)], self.lam[min(after, len(self.s) - 1)]
        return phase, share, float(np.clip(phase.lam_at(share), low, high))

    def _measure(self, lam: float) -> Sheet:
        """The sheet at one lambda, from the grid where it is known there."""
        known = np.flatnonzero(self.lam == lam)
        if known.size:
            return self.sheet.at(int(known[0]))
        if lam not in self._between:
            self._between[lam] = self.forward.along([lam])
        return self._between[lam]
