"""A dashed vertical line at one lambda, with its value below."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, VGroup

from construction.palette import Palette
from scenes.mobjects.dashes import Dashes
from scenes.mobjects.formula import maths
from scenes.mobjects.number import LiveNumber
from scenes.mobjects.plot import Plot
from scenes.style import LABEL


class LambdaMarker(VGroup):
    """Marks a lambda on a plot and says its value with two decimals."""

    def __init__(self, plot: Plot, palette: Palette) -> None:
        super().__init__()
        self.plot, self.lam = plot, 0.0
        foot, top = plot.at(0, plot.y.low), plot.at(0, plot.y.high)
        self.line = Dashes(foot, top, palette.dim)
        self.symbol = name = maths("lambda =", size=LABEL + 2, color=palette.ink, parts={})
        name.move_to(foot + 0.72 * DOWN + 0.05 * LEFT, aligned_edge=RIGHT)
        baseline = name.get_right() + np.array([0.12, 0, 0])
        baseline[1] = name[0].get_bottom()[1]
        self.number = LiveNumber(baseline, 2, LABEL + 2, palette.ink)
        self.number.show_value(0.0)
        self.add(self.line, name, self.number)

    def show_lambda(self, lam: float) -> LambdaMarker:
        """Move to a lambda in [0, 1]."""
        step = float(self.plot.x.place(lam) - self.plot.x.place(self.lam))
        self.shift(np.array([step, 0.0, 0.0]))
        self.number.move_pen(step)
        self.lam = lam
        self.number.show_value(lam)
        return self
