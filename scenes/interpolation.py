"""The straight line from initial to trained weights, beside what the theorem makes of it.

``manim render scenes/interpolation.py`` renders it from the findings of the run "goodfellow-mnist".
"""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, DashedLine, ValueTracker, VGroup, Write

from construction.experiments.interpolation.numbers import lines
from construction.record.findings import Findings
from scenes import interpolation_story as story
from scenes import source
from scenes.figures import BOTTOM, TOP, WIDE
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import maths, words
from scenes.mobjects.plot import Axis, Plot, decades
from scenes.stage import Drawn, Stage
from scenes.style import FORMULA, TEMPO, THIN, palette

#: Left ends, width, lower ends and height of the small plots.
LEFTS, ACROSS, BASES, HIGH = (-5.75, -1.3, 3.15), 2.75, (0.75, -1.95), 1.3
#: Columns of the table: their left ends, and names.
COLUMNS = {
    -6.4: "",
    -1.9: "largest rise",
    0.4: "monotone",
    2.3: "plateau",
    3.95: "theorem",
    5.6: "path",
}


class Interpolation(Stage):
    """One network's line and beyond, the sheet beside it, and the same for all of them."""

    def construct(self) -> None:
        """Tell the findings."""
        self.set_stage(palette())
        found = source.result("goodfellow-mnist")
        assert isinstance(found, Findings), "what a run of this kind finds"
        self.findings = found
        self.parts = list(lines(found).values())

        self.question()
        self.line()
        self.theorem()
        if len(self.parts) > 1:
            self.networks()
        self.verdict()

    def question(self) -> None:
        """What is looked at."""
        self.next_section("question")
        self.head("The straight line between weights")
        start, stop = story.ENDS[self.parts[0].manifest["start"]]
        formula = maths(
            "theta(alpha) = (1 - alpha) {{theta_i:start}} + alpha {{theta_f:stop}}",
            size=FORMULA + 8,
            color=self.colors.ink,
            parts={"start": self.colors.empirical, "stop": self.colors.empirical},
        )
        ask = words("What does the loss do on the way, and beyond?", color=self.colors.ink, size=36)
        VGroup(formula, ask).arrange(DOWN, buff=0.8).shift(0.3 * UP)
        self.caption(f"Goodfellow, Vinyals and Saxe (2014) went straight from {start} to {stop}.")
        self.play(Write(formula), run_time=2 * TEMPO)
        self.play(*appear(ask), run_time=0.5 * TEMPO)
        self.rest(2)
        self.play(*vanish(formula, ask), run_time=0.5 * TEMPO)

    def line(self) -> None:
        """Training and test of one network, as alpha runs past the trained weights."""
        self.next_section("line")
        part = self.parts[0]
        self.head(f"Along the line: {part.manifest['label']}")
        self.show_footer(story.footer(self.findings))
        low, high = story.objective_range(part)
        farthest = float(part["alpha"][-1])
        plot = self.plot = Plot(
            Axis(0, farthest, *WIDE, story.ticks(part, 0.5)),
            Axis(low, high, BOTTOM, TOP, decades(low, high), log=True),
            "alpha",
            "objective (log scale)",
            self.colors,
        )
        train = self.curve(plot, "train", self.colors.empirical)
        test = self.curve(plot, "test", self.colors.ink)
        trained = DashedLine(plot.at(1, low), plot.at(1, high), dash_length=0.09)
        trained.set_stroke(self.colors.dim, THIN)
        mark = words("trained weights", color=self.colors.dim)
        mark.next_to(plot.at(1, high), UP, buff=0.2)
        mark.shift(min(0.0, WIDE[1] - mark.get_right()[0]) * RIGHT)

        self.play(Create(plot), Create(trained), *appear(mark), run_time=1 * TEMPO)
        self.caption("The objective of training and of test; the trained weights are at alpha = 1.")
        self.run([train, test], ValueTracker(0), 6)
        names = [
            self.label(drawn.curve, text, color, (UP, DOWN, UP + RIGHT, DOWN + LEFT))
            for drawn, text, color in (
                (test, "test", self.colors.ink),
                (train, "train, $c = 1$", self.colors.empirical),
            )
        ]
        self.play(*appear(*names), run_time=0.5 * TEMPO)
        self.rest(2)
        self.test_shown = [test.curve, names[0]]

    def theorem(self) -> None:
        """L(0), m, and the constructed paths on the same axes."""
        self.next_section("theorem")
        self.head("Beside it: what rescaling the last layer can do")
        self.play(*vanish(*self.test_shown), run_time=0.5 * TEMPO)
        part, plot = self.parts[0], self.plot
        zero = np.full(2, part.manifest["zero"])
        level = plot.level(zero[0], self.colors.zero)
        guide = self.draw(plot, np.array([0.0, plot.x.high]), zero, self.colors.zero)
        name = self.label(guide.curve, "$L(0)$, zero predictor", self.colors.zero, (UP, DOWN))
        self.caption("The network that always answers zero has the objective L(0).")
        self.play(Create(level), *appear(name), run_time=1 * TEMPO)
        self.rest(1)

        least = self.curve(plot, "minimum", self.colors.dim)
        self.caption("The best rescaling at each alpha reaches m; nothing on the rays is lower.")
        self.run([least], ValueTracker(0), 2)
        text = words("$m(alpha)$", color=self.colors.dim)
        rises = least.curve.tip(0.3)[1] > least.curve.tip(0.2)[1]
        text.next_to(least.curve.tip(0.3), DOWN + (RIGHT if rises else LEFT), buff=0.1)
        self.play(*appear(text), run_time=0.5 * TEMPO)
        self.rest(1)

        colors = {"even": self.colors.constructed, "valley": self.colors.valley}
        told = {"even": "the theorem's path", "valley": "valley"}
        for profile in story.profiles(part):
            self.caption(
                "The theorem's path: it strictly decreases, wherever the line may go."
                if profile == "even"
                else "The valley path: as low as a path that never rises can go here."
            )
            drawn = self.constructed(profile, colors[profile])
            self.run([drawn], ValueTracker(0), 3)
            text = self.label(drawn.curve, told[profile], colors[profile], (DOWN + LEFT, UP, DOWN))
            self.play(*appear(text), run_time=0.5 * TEMPO)
        self.rest(2)

    def networks(self) -> None:
        """Every network, small, at once."""
        self.next_section("networks")
        self.head("Every network, log scale")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(story.footer(self.findings))
        parts = self.parts[: len(LEFTS) * len(BASES)]
        low, high = story.objective_range(*parts)
        plots, levels, curves = [], [], []
        for k, part in enumerate(parts):
            left, base = LEFTS[k % len(LEFTS)], BASES[k // len(LEFTS)]
            plot = self.small(part, (left, base), low, high)
            plots.append(plot)
            levels.append(plot.level(part.manifest["zero"], self.colors.zero))
            for name, color in (("train", self.colors.empirical), ("test", self.colors.ink)):
                x, y = story.objectives(part, name)
                curves.append(self.draw(plot, x, y, color))
        key = [
            words(text, color=color).move_to([x, self.title.get_center()[1], 0])
            for x, text, color in (
                (1.6, "train", self.colors.empirical),
                (3.0, "test", self.colors.ink),
                (5.2, "$L(0)$, dashed", self.colors.zero),
            )
        ]
        self.caption("The same axes for every network; dashed is L(0).")
        self.play(*appear(*plots, *levels, *key), run_time=0.5 * TEMPO)
        self.run(curves, ValueTracker(0), 6)
        self.rest(3)

    def verdict(self) -> None:
        """The metrics side by side."""
        self.next_section("verdict")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.head("What the lines have in common, over all seeds")
        self.show_footer(story.footer(self.findings, seeds=True))
        rows = VGroup()
        for k, row in enumerate([list(COLUMNS.values()), *story.table(self.findings)]):
            color = self.colors.ink if k else self.colors.dim
            for x, cell in zip(COLUMNS, row, strict=True):
                if cell:
                    text = words(cell.replace("%", " %"), color=color)
                    rows.add(text.move_to([x, 2.4 - 0.68 * k, 0], aligned_edge=LEFT))
        self.caption(story.summary(self.findings))
        self.play(*appear(rows), run_time=1 * TEMPO)
        self.rest(6)

    def curve(self, plot: Plot, name: str, color: str) -> Drawn:
        """Objectives of the first part on a plot."""
        x, y = story.objectives(self.parts[0], name)
        return self.draw(plot, x, y, color)

    def constructed(self, profile: str, color: str) -> Drawn:
        """A constructed path of the first part; its clock runs on where alpha stands still."""
        x, y = story.path(self.parts[0], profile)
        return self.draw(self.plot, x, y, color, np.linspace(0, 1, len(x)))

    def small(self, part: Findings, corner: tuple[float, float], low: float, high: float) -> Plot:
        """A small plot with the network's name for a heading."""
        left, base = corner
        ticks = decades(low, high)
        return Plot(
            Axis(0, float(part["alpha"][-1]), left, left + ACROSS, story.ticks(part, 1.0)),
            Axis(low, high, base, base + HIGH, [ticks[0], ticks[-1]], log=True),
            "alpha",
            story.name_of(part),
            self.colors,
        )
