"""One ray opened as a panel: the objective over c at one lambda, the level v, the root."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RIGHT, Dot, VGroup, VMobject

from construction.experiments.path import words as story
from construction.palette import Palette
from construction.record.record import Route
from scenes.mobjects.formula import maths
from scenes.mobjects.number import LiveNumber
from scenes.mobjects.plot import Axis, Plot
from scenes.style import DOT, LABEL, NORMAL, THIN

#: Height of the panel in the frame, below a formula.
BOTTOM, TOP = -1.6, 1.55


class RayPanel(VGroup):
    """``g(lambda, c)`` over c for one lambda at a time, with the root of ``g = v``.

    Args:
        route: whose sheet is shown.
        profile: on the right branch.
        span: left and right end of the axis of c in the frame.
        palette: of the theme.

    Attributes:
        plot, caption: what stands still, no parts of the group, so that they are not drawn anew in
            every frame.
        curve, level, level_name, drop, zero, one, root, number: the parts, to be shown in turn.
    """

    def __init__(
        self, route: Route, profile: str, span: tuple[float, float], palette: Palette
    ) -> None:
        super().__init__()
        self.route, self.profile = route, profile
        self.highest_scale = 1.12 * float(route.journeys[profile].scale.max())
        highest = 1.15 * float(route.empirical[0])
        self.plot = Plot(
            Axis(0, self.highest_scale, *span, _whole_ticks(self.highest_scale)),
            Axis(0, highest, BOTTOM, TOP, _round_ticks(highest)),
            "c",
            "objective",
            palette,
        )
        self.plot.x_name.set_color(palette.constructed)
        self.curve = VMobject().set_stroke(palette.ink, NORMAL)
        self.level = VMobject().set_stroke(palette.level, THIN)
        self.drop = VMobject().set_stroke(palette.constructed, THIN)
        self.zero, self.one, self.root = (
            Dot(radius=DOT, color=color)
            for color in (palette.zero, palette.empirical, palette.constructed)
        )
        self.level_name = maths("v(lambda)", size=LABEL + 2, color=palette.level, parts={})
        self.caption = maths("c =", size=LABEL + 6, color=palette.constructed, parts={})
        self.caption.next_to(self.plot.x_labels[0], DOWN, buff=0.2)
        self.caption.align_to(self.plot.at(0, 0), direction=(-1, 0, 0))
        place = self.caption.get_corner(DOWN + RIGHT) + 0.14 * RIGHT
        place[1] = self.caption[0].get_bottom()[1]
        self.number = LiveNumber(place, 3, LABEL + 6, palette.constructed)
        self.add(self.curve, self.level, self.drop, self.zero, self.one, self.root)
        self.add(self.level_name, self.number)
        self.show_lambda(0.0)

    def show_lambda(self, lam: float, scale: float | None = None) -> RayPanel:
        """Draw the ray at lambda; with a scale given, the dot is there, at whatever height."""
        c, g = story.parabola(self.route, lam, self.highest_scale)
        c, g = c[g <= self.plot.y.high], g[g <= self.plot.y.high]
        self.curve.set_points_as_corners(self.plot.at(c, g))
        root = story.root_at(self.route, self.profile, lam) if scale is None else scale
        here = story.sheet_at(self.route, lam)
        height = float(here.value(root)[0])
        self.zero.move_to(self.plot.at(0, here.d))
        self.one.move_to(self.plot.at(1, float(here.value(1.0)[0])))
        self.root.move_to(self.plot.at(root, height))
        self.level.set_points_as_corners(self.plot.at([0, self.highest_scale], [height, height]))
        self.drop.set_points_as_corners(self.plot.at([root, root], [height, 0]))
        beside = self.plot.at(self.highest_scale, max(height, 0.16 * self.plot.y.high))
        self.level_name.next_to(beside, RIGHT, buff=0.1)  # never over the name of the axis
        self.level_name.set_opacity(1 if scale is None else 0)
        self.number.show_value(root)
        return self


def _whole_ticks(highest: float) -> list[tuple[float, str]]:
    step = max(1, round(highest / 5))
    return [(float(k), str(k)) for k in range(0, int(highest) + 1, step)]


def _round_ticks(highest: float) -> list[tuple[float, str]]:
    """Two or three ticks at 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(highest / 2))
    step = next(m * power for m in (5, 2, 1, 0.5) if highest / (m * power) >= 2)
    return [(k * step, f"{k * step:g}") for k in range(1, int(highest / step) + 1)]
