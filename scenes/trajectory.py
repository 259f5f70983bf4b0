"""How far training strays from the straight line, beside the random walk that is shown for it."""

from itertools import cycle

import numpy as np
from manim import DL, DOWN, LEFT, RIGHT, UR, Arc, Create, VGroup, VMobject, Write

from construction.arrays import Array
from construction.experiments.claims import claims
from construction.experiments.trajectory import words as story
from construction.experiments.trajectory.alpha_beta import arch
from scenes import source
from scenes.figures import HALVES, Figures, stack
from scenes.mobjects.formula import maths, stand, words
from scenes.mobjects.plot import Axis, Plot, Ticks, round_ticks
from scenes.mobjects.shapes import Dashes, DataCurve
from scenes.style import FORMULA, MARGIN, THIN

#: Frame coordinates of the plane, in which both axes have the same unit, and of the words beside.
LEFT_END, RIGHT_END, BOTTOM = -5.75, 1.75, -1.6
BESIDE = 3.3
#: How far what was gone is drawn on beyond a position, to show an angle.
BEYOND = 0.9
#: Typst of the length of the line.
LINE = "norm(theta_f - theta_i)"
#: Corners of the closed form.
FINE = 401


class Trajectory(Figures):
    """Two numbers a position, the published arch, why it is one, and where training goes."""

    def construct(self) -> None:
        self.findings = source.findings("trajectory")
        self.compared = story.compared(self.findings)
        colors = self.colors
        roles = (colors.empirical, colors.constructed, colors.valley, colors.ink)
        names = dict(zip(self.compared, cycle(roles), strict=False))
        self.roles = {**names, story.WALK: colors.zero}

        self.question()
        if story.PUBLISHED in self.findings.parts:
            self.published()
        self.right_angle()
        self.training()
        self.verdict()

    def question(self) -> None:
        """What alpha and beta are."""
        self.beat("question", "How far does training stray from the straight line?")
        formulas = (
            f"u = (theta_f - theta_i) / {LINE}",
            "alpha(t) = ⟨theta_t - theta_i, u⟩",
            "beta(t) = norm(theta_t - theta_i - alpha(t) u)",
        )
        rows = VGroup(*[maths(row, size=FORMULA + 6, color=self.colors.ink) for row in formulas])
        rows.arrange(DOWN, buff=0.75, aligned_edge=LEFT).move_to([-MARGIN, 0.2, 0], LEFT)
        tells = VGroup()
        for row, text in zip(rows[1:], ("how far along the line", "how far from it"), strict=True):
            tell = words(text, size=42, color=self.colors.dim)
            tells.add(tell.move_to([1.7, row.get_y(), 0], LEFT))
        self.caption("Two numbers for every position of the weights while they are trained:")
        self.enter(Write(rows), seconds=2)
        self.caption("how far along the straight line, and how far away from it.")
        self.enter(tells, hold=2.5)

    def published(self) -> None:
        """The published figure, drawn anew, and what it is."""
        title = "The figure that is often shown for SGD"
        self.beat("published", title, story.footer(self.findings, story.PUBLISHED), clear=True)
        walk = story.straying_of(self.findings, story.PUBLISHED).positions
        highest = 1.03 * float(max(walk.alpha.max(), walk.chord))
        along = round_ticks(0, highest, 5)
        away = [tick for tick in along[1:] if tick[0] <= highest / 2]
        plot = self.plane(highest, 0.5 * highest, (along, away), ("alpha", "$beta$"))
        self.enter(Create(plot), seconds=1)
        self.caption("An arch: far away from the line, and back to it at its end.")
        walked = plot.curve(walk.alpha, walk.beta, self.colors.zero, evenly=True)
        self.run(walked, seconds=4, hold=0.5)
        lines = ("It is a random walk.", "No loss, no gradient,", "no training.")
        self.caption(
            "It is no training at all, but a random walk, and published as one "
            "(Goodfellow et al. 2014)."
        )
        self.enter(stack(lines, self.colors.zero).move_to([BESIDE - 0.3, 0.6, 0], LEFT), hold=2.5)

    def right_angle(self) -> None:
        """Past and future steps are at right angles: Thales' circle."""
        title = "Why an arch: the past is at right angles to the future"
        self.beat("right-angle", title, story.footer(self.findings, story.WALK), clear=True)
        shares = [one.positions.shares for one in self.compared.values()]
        wide = max(1.0, *(float(alpha.max()) for alpha, _ in shares))
        high = max(float(beta.max()) for _, beta in shares)
        ticks, names = (HALVES, HALVES[1:2]), (f"alpha\\/{LINE}", f"$beta\\/{LINE}$")
        self.plot = self.plane(1.03 * wide, 1.03 * high, ticks, names)
        share = np.linspace(0, 1, FINE)
        closed = DataCurve(share, self.plot.at(share, arch(share)), self.colors.dim, THIN)
        formula = maths(f"beta\\/{LINE} = sqrt(s (1 - s))", color=self.colors.ink)
        lines = ("Thales' semicircle,", "whatever the steps,", "in many dimensions")
        remarks = stack(lines, self.colors.dim)
        remarks.next_to(formula, DOWN, buff=0.5, aligned_edge=LEFT)
        VGroup(formula, remarks).move_to([BESIDE - 0.9, 1.0, 0], LEFT)

        self.enter(self.plot)
        self.caption("In many dimensions independent steps are at right angles to each other.")
        shown = self.run_with_triangle(story.WALK)
        self.caption("So the walk runs along Thales' circle over the line.")
        self.enter(Create(closed), Write(formula), remarks, seconds=1.5, hold=3)
        self.passing = [*shown, closed, formula, remarks]

    def training(self) -> None:
        """SGD, and then the others, on the same plane."""
        some = story.trained(self.findings)
        self.beat("training", "Where training goes", story.footer(self.findings, next(iter(some))))
        self.fade_out(*self.passing)
        self.name_curve(0, "random walk", self.colors.zero)
        for k, (name, one) in enumerate(some.items()):
            self.caption(
                f"{one.label}: at most {one.height:.2f} of the line's length away from it."
            )
            if k == 0:
                shown = self.run_with_triangle(name)
                self.rest(2)
                self.fade_out(*shown)
            else:
                self.run(self.drawn(name), seconds=3)
            self.name_curve(k + 1, one.label.rsplit(", ", 1)[-1], self.roles[name])
        self.rest(1.5)

    def verdict(self) -> None:
        """The numbers side by side."""
        footer = story.footer(self.findings, next(iter(self.compared)))
        self.beat("verdict", "How far from a random walk?", footer, clear=True)
        heads = ("", f"largest $beta\\/{LINE}$", "path / line", "median angle")
        rows = [(*row[:3], f"{row[4]}°") for row in story.rows(self.findings)[1:]]
        colors = [self.roles[name] for name in self.compared]
        self.caption(claims(self.findings.manifest["finding"])[0])
        self.enter(self.tabulate(rows, colors, heads), seconds=1, hold=5)

    def name_curve(self, k: int, name: str, color: str) -> None:
        """The name of the k-th curve, beside the plane, where curves do not cross it."""
        word = words(name, size=40, color=color).move_to([BESIDE, 0, 0], LEFT)
        self.enter(stand(word, 1.9 - 0.7 * k))

    def plane(
        self, wide: float, high: float, ticks: tuple[Ticks, Ticks], names: tuple[str, str]
    ) -> Plot:
        """Alpha and beta with the same unit, so that distances on screen are true ones."""
        top = BOTTOM + high / wide * (RIGHT_END - LEFT_END)
        x = Axis(0, wide, LEFT_END, RIGHT_END, ticks[0])
        return Plot(x, Axis(0, high, BOTTOM, top, ticks[1]), *names, self.colors)

    def drawn(self, name: str) -> DataCurve:
        """The curve of a part on the normalised plane, over its steps."""
        return self.plot.curve(*self.compared[name].positions.shares, self.roles[name], evenly=True)

    def run_with_triangle(self, name: str) -> tuple[VMobject, VGroup]:
        """Draw a curve with the triangle over the line that its tip spans, and show an angle.

        It stands at the last position with nine tenths of the height.
        """
        one, drawn = self.compared[name], self.drawn(name)
        start, stop = self.plot.at([0, 1], [0, 0])
        triangle = VMobject().set_stroke(self.colors.ink, THIN)

        def span(tip: Array) -> None:
            triangle.set_points_as_corners([start, tip, stop, start])

        self.run(drawn, seconds=5, also=lambda now: span(drawn.tip(now)), moving=[triangle])
        high = one.positions.shares[1][: one.positions.solution] >= 0.9 * one.height
        at = int(np.flatnonzero(high)[-1])
        tip = drawn.corners[at]
        span(tip)
        angle = self.angle(start, tip, stop, float(one.positions.angle[at - 1]))
        self.enter(angle)
        return triangle, angle

    def angle(self, start: Array, tip: Array, stop: Array, degrees: float) -> VGroup:
        """What was gone, drawn on beyond the tip, and the angle from there to what is to come."""
        on, to = (vector / np.linalg.norm(vector) for vector in (tip - start, stop - tip))
        first, last = (np.arctan2(way[1], way[0]) for way in (on, to))
        arc = Arc(0.55 * BEYOND, first, last - first, arc_center=tip)
        beyond = Dashes(tip, tip + BEYOND * on, self.colors.ink)
        name = words(f"{degrees:.0f}°", color=self.colors.ink).next_to(beyond, RIGHT, buff=0.2)
        curves = [one.points for one in self.mobjects if isinstance(one, DataCurve)]
        low, high = name.get_corner(DL) - 0.15, name.get_corner(UR) + 0.15
        if any(((low < x) & (x < high))[:, :2].all(axis=1).any() for x in curves):
            stand(name, max(float(x[:, 1].max()) for x in curves) + 0.2)
        return VGroup(arc.set_stroke(self.colors.ink, THIN), beyond, name)
