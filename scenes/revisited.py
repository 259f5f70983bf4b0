"""The plateau that Frankle found in 2020, what it is, and the path below it.

``manim render scenes/revisited.py`` renders it from the findings of the run "plateau-mlp";
``CONSTRUCTION_RUN=barrier-mlp`` tells another one.
"""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, ValueTracker, VGroup

from construction.arrays import Array
from construction.experiments.plateau.numbers import near_span, near_zero, whole_span
from construction.experiments.plateau.words import NAMES
from construction.record.findings import Findings
from scenes import revisited_story as story
from scenes import source
from scenes.figures import BOTTOM, HALVES, NARROW, PANEL, TOP
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import words
from scenes.mobjects.plot import Axis, Plot
from scenes.stage import Drawn, Stage
from scenes.style import TEMPO, palette

#: Left ends of the columns of the last frame.
COLUMNS = (-6.5, -3.6, -1.0, 1.2, 3.0)


class Revisited(Stage):
    """A plateau, the level it lies on, the rise that m takes away, and the path below."""

    def construct(self) -> None:
        """Tell the findings."""
        self.set_stage(palette())
        found = source.result("plateau-mlp")
        assert isinstance(found, Findings), "what a run of this kind finds"
        self.findings, self.part = found, story.first(found)

        self.plateau()
        self.level()
        self.magnified()
        if story.path(self.part):
            self.path()
        if story.others(found):
            self.treatments()
        self.verdict()

    def plateau(self) -> None:
        """The objective along the line."""
        self.next_section("plateau")
        self.head("A deep network along the straight line")
        self.show_footer(story.footer(self.findings))
        low, high = whole_span(self.part)
        self.plot = Plot(
            Axis(0, 1, *NARROW, HALVES),
            Axis(low, high, BOTTOM, TOP, story.whole_ticks(self.part)),
            "lambda",
            "objective",
            self.colors,
        )
        self.play(Create(self.plot), run_time=1 * TEMPO)
        self.caption("Frankle (2020): deep networks stay on a plateau and drop late.")
        drawn = self.on(self.plot, story.curve(self.part, "objective"), self.colors.empirical)
        self.run([drawn], ValueTracker(0), 5)
        self.line = drawn.curve
        zero = np.full(2, self.part.manifest["zero"])
        later = self.draw(self.plot, np.array([0.0, 1.0]), zero, self.colors.zero).curve
        sides = (UP + RIGHT, DOWN + LEFT)
        name = self.label(drawn.curve, "straight line", self.colors.empirical, sides, [later])
        self.play(*appear(name), run_time=0.5 * TEMPO)
        self.rest(2)

    def level(self) -> None:
        """L(0)."""
        self.next_section("level")
        self.head("The plateau is the zero predictor")
        zero = self.part.manifest["zero"]
        line = self.plot.level(zero, self.colors.zero)
        name = words(f"$L(0) = {zero:.3f}$", color=self.colors.zero)
        name.next_to(self.plot.at(0.03, zero), DOWN, buff=0.15)
        name.align_to(self.plot.at(0.03, zero), LEFT)
        self.caption("A network that always answers zero has the objective L(0).")
        self.play(Create(line), *appear(name), run_time=1 * TEMPO)
        self.rest(1)
        self.caption(
            f"Up to lambda = {near_zero(self.part):.2f} the objective is within a tenth of it."
        )
        self.rest(3)

    def magnified(self) -> None:
        """About L(0), with m."""
        self.next_section("magnified")
        self.head("Magnified: where the line rises, rescaling need not")
        zero = self.part.manifest["zero"]
        low, high = near_span(self.part)
        near = self.near = Plot(
            Axis(0, 1, *PANEL, HALVES),
            Axis(low, high, BOTTOM, TOP, story.near_ticks(self.part)),
            "lambda",
            "about $L(0)$",
            self.colors,
        )
        level = near.level(zero, self.colors.zero)
        self.play(*appear(near), Create(level), run_time=1 * TEMPO)
        rise = self.part.manifest["shape"]["rise"]["value"]
        self.caption(
            f"The line rises by {rise:.2g}." if rise else "Here the line itself does not rise."
        )
        drawn = self.on(near, self.close("objective"), self.colors.empirical)
        self.run([drawn], ValueTracker(0), 3)
        self.rest(1)
        self.caption("The best rescaling of the last layer, m, never lies above L(0).")
        least = [
            self.on(near, self.close("minimum"), self.colors.dim),
            self.on(self.plot, story.curve(self.part, "minimum"), self.colors.dim),
        ]
        for one in least:
            self.run([one], ValueTracker(0), 2)
        text = words("$m(lambda)$", color=self.colors.dim)
        text.next_to(least[0].curve.tip(0.0), DOWN + RIGHT, buff=0.12)
        self.play(*appear(text), run_time=0.5 * TEMPO)
        self.rest(3)

    def path(self) -> None:
        """The constructed path, on both plots."""
        self.next_section("path")
        self.head("A path below, which only goes down")
        corners = story.path(self.part)
        assert corners is not None, "construct asks for it"
        self.caption("The constructed path only goes down, and lies near m.")
        color = self.colors.valley
        near = story.up_to(*corners, self.near.y.low)
        clocks = [np.linspace(0, 1, len(lam)) for lam in (corners[0], near[0])]
        self.run([self.on(self.near, near, color, clocks[1])], ValueTracker(0), 2)
        drawn = self.on(self.plot, corners, color, clocks[0])
        self.run([drawn], ValueTracker(0), 4)
        name = self.label(drawn.curve, "path", color, (DOWN + LEFT, LEFT), later=[self.line])
        self.play(*appear(name), run_time=0.5 * TEMPO)
        self.rest(3)

    def treatments(self) -> None:
        """The same weights with other treatments of batch norm."""
        self.next_section("treatments")
        self.head("Batch norm decides: the same weights, other statistics")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(story.footer(self.findings))
        parts = [self.part, *story.others(self.findings)]
        width, gap = 3.1, 1.25
        for k, part in enumerate(parts):
            left = -5.75 + k * (width + gap)
            plot = Plot(
                Axis(0, 1, left, left + width, HALVES),
                Axis(*whole_span(part), BOTTOM, TOP, story.whole_ticks(part)),
                "lambda",
                NAMES[part.manifest["treatment"]],
                self.colors,
            )
            level = plot.level(part.manifest["zero"], self.colors.zero)
            drawn = [self.on(plot, story.curve(part, "objective"), self.colors.empirical)]
            corners = story.path(part)
            if corners:
                clock = np.linspace(0, 1, len(corners[0]))
                drawn.append(self.on(plot, corners, self.colors.valley, clock))
            self.caption(f"With {NAMES[part.manifest['treatment']]}.")
            self.play(*appear(plot), Create(level), run_time=0.7 * TEMPO)
            self.run(drawn, ValueTracker(0), 2)
            self.rest(1)
        self.caption(story.contrast(self.findings))
        self.rest(3)

    def verdict(self) -> None:
        """The numbers."""
        self.next_section("verdict")
        self.head("In numbers")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(story.footer(self.findings))
        rows = VGroup()
        for k, row in enumerate(story.table(self.findings)):
            for x, cell in zip(COLUMNS, row, strict=True):
                if cell:
                    color = self.colors.ink if k else self.colors.dim
                    text = words(cell, color=color)
                    rows.add(text.move_to([x, 1.9 - 0.9 * k, 0], aligned_edge=LEFT))
        self.caption("The rise of the line is small, and m takes it away up to L(0).")
        self.play(*appear(rows), run_time=1 * TEMPO)
        self.rest(5)

    def close(self, name: str) -> tuple[Array, Array]:
        """A curve of the magnified panel, as far as it is in it."""
        return story.up_to(*story.curve(self.part, name), self.near.y.low)

    def on(
        self, plot: Plot, corners: tuple[Array, Array], color: str, clock: Array | None = None
    ) -> Drawn:
        """A curve on a plot, which runs with lambda or with a clock of its own."""
        return self.draw(plot, *corners, color, clock)
