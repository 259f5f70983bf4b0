"""How far training strays from the straight line, beside the random walk that is shown for it.

``manim render scenes/trajectory.py`` renders it from the findings of the run "trajectory".
"""

from __future__ import annotations

import numpy as np
from manim import (
    DOWN,
    LEFT,
    RIGHT,
    UP,
    Create,
    DashedLine,
    LineJointType,
    ValueTracker,
    VGroup,
    VMobject,
    Write,
)

from construction.arrays import Array
from construction.experiments.trajectory.alpha_beta import AlphaBeta
from construction.experiments.trajectory.random_walk import arch
from construction.experiments.trajectory.words import (
    PUBLISHED,
    WALK,
    Straying,
    compared,
    footer,
    straying_of,
    trained,
)
from scenes import source
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import maths, words
from scenes.mobjects.plot import Axis, Plot
from scenes.stage import Drawn, Stage
from scenes.style import FORMULA, LABEL, TEMPO, THIN, palette

#: Frame coordinates of the plane, in which both axes have the same unit, and of the words beside.
LEFT_END, RIGHT_END, BOTTOM = -5.75, 1.65, -1.5
BESIDE = 4.75
#: How far what was gone is drawn on beyond a position, to show an angle.
BEYOND = 0.9
#: Typst of the length of the line.
LINE = "norm(theta_f - theta_i)"
#: Corners of the closed form.
FINE = 401


class Trajectory(Stage):
    """Two numbers a position, the published arch, why it is one, and where training goes."""

    def construct(self) -> None:
        """Tell the findings."""
        self.set_stage(palette())
        self.findings = source.findings("trajectory")
        self.compared = compared(self.findings)
        roles = (
            self.colors.empirical,
            self.colors.constructed,
            self.colors.valley,
            self.colors.ink,
        )
        names = dict(zip(self.compared, roles, strict=False))
        self.roles = {**names, WALK: self.colors.zero}

        self.question()
        self.published()
        self.right_angle()
        self.training()
        self.verdict()

    def question(self) -> None:
        """What alpha and beta are."""
        self.next_section("question")
        self.head("How far does training stray from the straight line?")
        unit = f"u = (theta_f - theta_i) / {LINE}"
        rows = VGroup(
            *[
                maths(row, size=FORMULA, color=self.colors.ink, parts={})
                for row in (
                    unit,
                    "alpha(t) = ⟨theta_t - theta_i, u⟩",
                    "beta(t) = norm(theta_t - theta_i - alpha(t) u)",
                )
            ]
        )
        rows.arrange(DOWN, buff=0.6, aligned_edge=LEFT).move_to([-2.2, 0.5, 0])
        tells = VGroup(
            words("how far along the line", color=self.colors.dim).next_to(rows[1], RIGHT, 0.8),
            words("how far from it", color=self.colors.dim).next_to(rows[2], RIGHT, 0.8),
        )
        self.caption("Two numbers for every position of the weights while they are trained:")
        self.play(Write(rows), run_time=2 * TEMPO)
        self.caption("how far along the straight line, and how far away from it.")
        self.play(*appear(tells), run_time=0.5 * TEMPO)
        self.rest(2.5)
        self.play(*vanish(rows, tells), run_time=0.5 * TEMPO)

    def published(self) -> None:
        """The published figure, drawn anew, and what it is."""
        self.next_section("published")
        self.head("The figure that is often shown for SGD")
        self.show_footer(footer(self.findings, PUBLISHED))
        walk = straying_of(self.findings, PUBLISHED).positions
        highest = 1.03 * float(max(walk.alpha.max(), walk.chord))
        plot = self.plane(highest, 0.5 * highest, _hundreds(highest), "alpha", "$beta$")
        drawn = self.over_steps(plot, (walk.alpha, walk.beta), self.colors.zero)
        self.play(Create(plot), run_time=1 * TEMPO)
        self.caption("An arch: far away from the line, and back to it at its end.")
        self.run([drawn], ValueTracker(0), 4)
        self.rest(0.5)
        told = self.beside(
            ["It is a random walk.", "No loss, no gradient,", "no training."], self.colors.zero
        )
        self.caption(
            "It is no training at all, but a random walk, and published as one "
            "(Goodfellow et al. 2014)."
        )
        self.play(*appear(told), run_time=0.5 * TEMPO)
        self.rest(2.5)
        self.play(*vanish(plot, drawn.curve, told), run_time=0.5 * TEMPO)

    def right_angle(self) -> None:
        """Past and future steps are at right angles: Thales' circle."""
        self.next_section("right-angle")
        self.head("Why an arch: what was gone is at right angles to what is to come")
        self.show_footer(footer(self.findings, WALK))
        shares = [one.positions.shares for one in self.compared.values()]
        wide = max(1.0, *(float(alpha.max()) for alpha, _ in shares))
        high = max(float(beta.max()) for _, beta in shares)
        ticks = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
        self.plot = self.plane(
            1.03 * wide, 1.03 * high, (ticks, ticks[1:2]), f"alpha\\/{LINE}", f"$beta\\/{LINE}$"
        )
        share = np.linspace(0, 1, FINE)
        closed = DataCurve(share, self.plot.at(share, arch(share)), self.colors.dim, THIN)
        formula = maths(
            f"beta\\/{LINE} = sqrt(s (1 - s))", size=LABEL + 4, color=self.colors.ink, parts={}
        )
        told = self.beside(
            [
                "Thales' semicircle,",
                "whatever the steps' sizes,",
                "in many dimensions",
            ],
            self.colors.dim,
        )
        formula.move_to([BESIDE, 1.7, 0])
        drawn = self.drawn(WALK)

        self.play(*appear(self.plot), run_time=0.5 * TEMPO)
        self.caption("In many dimensions independent steps are at right angles to each other.")
        shown = self.run_with_triangle(drawn, self.compared[WALK])
        self.caption("So the walk runs along Thales' circle over the line.")
        self.play(Create(closed), Write(formula), *appear(told), run_time=1.5 * TEMPO)
        self.rest(3)
        self.play(*vanish(*shown, formula, told), run_time=0.5 * TEMPO)
        self.walk_name = self.label(drawn.curve, "random walk", self.colors.zero, (UP + LEFT, UP))
        self.play(*appear(self.walk_name), run_time=0.5 * TEMPO)

    def training(self) -> None:
        """SGD, and then the others, on the same plane."""
        self.next_section("training")
        self.head("Where training goes")
        some = trained(self.findings)
        self.show_footer(footer(self.findings, next(iter(some))))
        curves = {name: self.drawn(name) for name in some}
        for k, (name, one) in enumerate(some.items()):
            drawn = curves.pop(name)
            self.caption(
                f"{one.label}: at most {one.height:.2f} of the line's length away from it."
            )
            if k == 0:
                shown = self.run_with_triangle(drawn, one)
                self.rest(2)
                self.play(*vanish(*shown), run_time=0.5 * TEMPO)
            else:
                self.run([drawn], ValueTracker(0), 3)
            label = self.label(
                drawn.curve,
                one.label.rsplit(", ", 1)[-1],
                self.roles[name],
                (DOWN + LEFT, DOWN, UP, UP + RIGHT, RIGHT),
                later=[other.curve for other in curves.values()],
            )
            self.play(*appear(label), run_time=0.5 * TEMPO)
        self.rest(1.5)

    def verdict(self) -> None:
        """The numbers side by side."""
        self.next_section("verdict")
        self.head("How far from a random walk?")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(footer(self.findings, next(iter(self.compared))))
        columns = (-5.9, -1.4, 2.0, 5.2)
        heads = ("", f"largest $beta\\/{LINE}$", "path / line", "angle")
        rows = VGroup()
        for k, (name, cells) in enumerate({"": heads, **self.table()}.items()):
            color = self.roles.get(name, self.colors.dim)
            for x, cell in zip(columns, cells, strict=True):
                if cell:
                    text = words(cell, color=color, size=36 if k else 32)
                    edge = LEFT if x == columns[0] else np.zeros(3)
                    rows.add(text.move_to([x, 1.9 - 0.8 * k, 0], aligned_edge=edge))
        self.caption(self.findings.manifest["finding"].split(":")[0] + ".")
        self.play(*appear(rows), run_time=1 * TEMPO)
        self.rest(5)

    def plane(
        self,
        wide: float,
        high: float,
        ticks: tuple[list[tuple[float, str]], list[tuple[float, str]]],
        x_name: str,
        y_name: str,
    ) -> Plot:
        """Alpha and beta with the same unit, so that distances on screen are true ones."""
        top = BOTTOM + high / wide * (RIGHT_END - LEFT_END)
        return Plot(
            Axis(0, wide, LEFT_END, RIGHT_END, ticks[0]),
            Axis(0, high, BOTTOM, top, ticks[1]),
            x_name,
            y_name,
            self.colors,
        )

    def table(self) -> dict[str, tuple[str, str, str, str]]:
        """A row each of the trained networks and the walk: name, height, tortuosity, angle."""
        return {
            name: (one.label, f"{one.height:.2f}", f"{one.tortuosity:.1f}", f"{one.angle:.0f}°")
            for name, one in self.compared.items()
        }

    def drawn(self, name: str) -> Drawn:
        """The curve of a part on the normalised plane, over its steps."""
        return self.over_steps(self.plot, self.compared[name].positions.shares, self.roles[name])

    def over_steps(self, plot: Plot, legs: tuple[Array, Array], color: str) -> Drawn:
        """A curve of alpha and beta, drawn as its steps are taken."""
        drawn = self.draw(plot, *legs, color, np.linspace(0, 1, len(legs[0])))
        drawn.curve.joint_type = LineJointType.ROUND
        return drawn

    def run_with_triangle(self, drawn: Drawn, one: Straying) -> tuple[VMobject, VGroup]:
        """Draw a curve with the triangle over the line that its tip spans, and show an angle.

        It stands at the last position with nine tenths of the height.
        """
        positions, clock = one.positions, ValueTracker(0)
        triangle = VMobject().set_stroke(self.colors.ink, THIN)
        triangle.add_updater(lambda shown: self.place(shown, positions, clock.get_value()))
        self.add(triangle)
        self.run([drawn], clock, 5)
        self.settle(triangle)
        high = positions.shares[1][: positions.solution] >= 0.9 * one.height
        at = int(np.flatnonzero(high)[-1])
        tip = self.place(triangle, positions, at / (len(positions.alpha) - 1))
        angle = self.angle(tip, float(positions.angle[at - 1]))
        self.play(*appear(angle), run_time=0.5 * TEMPO)
        return triangle, angle

    def place(self, triangle: VMobject, positions: AlphaBeta, share: float) -> Array:
        """Move the triangle's tip to where that share of the steps is gone, and say where it is."""
        clock = np.linspace(0, 1, len(positions.alpha))
        alpha, beta = (float(np.interp(share, clock, leg)) for leg in positions.shares)
        triangle.set_points_as_corners(self.plot.at([0, alpha, 1, 0], [0, beta, 0, 0]))
        tip: Array = self.plot.at(alpha, beta)
        return tip

    def angle(self, tip: Array, degrees: float) -> VGroup:
        """What was gone, drawn on beyond the tip, and the angle from there to what is to come."""
        start, stop = self.plot.at([0, 1], [0, 0])
        on, to = (vector / np.linalg.norm(vector) for vector in (tip - start, stop - tip))
        between = (on + to) / np.linalg.norm(on + to)
        name = words(f"{degrees:.0f}°", color=self.colors.ink)
        beyond = DashedLine(tip, tip + BEYOND * on, dash_length=0.09)
        beyond.set_stroke(self.colors.ink, THIN)
        return VGroup(beyond, name.move_to(tip + 0.75 * BEYOND * between))

    def beside(self, lines: list[str], color: str) -> VGroup:
        """A few short lines of words to the right of the plane."""
        rows = VGroup(*[words(line, color=color) for line in lines])
        return rows.arrange(DOWN, buff=0.22).move_to([BESIDE, 0.1, 0])


def _hundreds(highest: float) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    """Ticks of both axes, at five or so round numbers along the longer one."""
    step = 10.0 ** np.floor(np.log10(highest / 2))
    step = next(m * step for m in (5, 2, 1, 0.5) if highest / (m * step) >= 4)
    along = [(k * step, f"{k * step:g}") for k in range(int(highest / step) + 1)]
    return along, [tick for tick in along[1:] if tick[0] <= highest / 2]
