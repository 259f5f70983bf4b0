"""The straight line from initial to trained weights, beside what the theorem makes of it.

``manim render scenes/interpolation.py`` renders it from the findings of the run "goodfellow-mnist".
"""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, DashedLine, ValueTracker, VGroup, Write

from construction.experiments.interpolation import words as story
from construction.record.findings import Findings
from scenes import source
from scenes.figures import BOTTOM, TOP, WIDE, table
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
        self.findings = source.findings("goodfellow-mnist")
        self.parts = list(story.lines(self.findings).values())

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
        ends = story.STARTS[self.parts[0].manifest["start"]]
        formula = maths(
            "theta(alpha) = (1 - alpha) {{theta_i:start}} + alpha {{theta_f:stop}}",
            size=FORMULA + 8,
            color=self.colors.ink,
            parts={"start": self.colors.empirical, "stop": self.colors.empirical},
        )
        ask = words("What does the loss do on the way, and beyond?", color=self.colors.ink, size=36)
        VGroup(formula, ask).arrange(DOWN, buff=0.8).shift(0.3 * UP)
        self.caption(
            f"Goodfellow, Vinyals and Saxe (2014) went straight from {ends.first} to {ends.last}."
        )
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
        low, high = objective_range(part)
        plot = self.plot = Plot(
            alpha_axis(part, WIDE, 0.5),
            Axis(low, high, BOTTOM, TOP, decades(low, high), log=True),
            "alpha",
            "objective (log scale)",
            self.colors,
        )
        train, test = self.training_and_test(plot, part)
        trained = DashedLine(plot.at(1, low), plot.at(1, high), dash_length=0.09)
        trained.set_stroke(self.colors.dim, THIN)
        mark = words("trained weights", color=self.colors.dim)
        mark.next_to(plot.at(1, high), UP, buff=0.2)
        mark.shift(min(0.0, WIDE[1] - mark.get_right()[0]) * RIGHT)

        self.play(Create(plot), Create(trained), *appear(mark), run_time=1 * TEMPO)
        self.caption("The objective of training and of test; the trained weights are at alpha = 1.")
        self.run([train, test], ValueTracker(0), 6)
        sides = (UP, DOWN, UP + RIGHT, DOWN + LEFT)
        name = self.label(test.curve, "test", self.colors.ink, sides)
        names = [name, self.label(train.curve, "train, $c = 1$", self.colors.empirical, sides)]
        self.play(*appear(*names), run_time=0.5 * TEMPO)
        self.rest(2)
        self.test_shown = [test.curve, name]

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

        least = self.draw(plot, *story.objectives(part, "minimum"), self.colors.dim)
        self.caption("The best rescaling at each alpha reaches m; nothing on the rays is lower.")
        self.run([least], ValueTracker(0), 2)
        name = words("$m(alpha)$", color=self.colors.dim)
        rises = least.curve.tip(0.3)[1] > least.curve.tip(0.2)[1]
        name.next_to(least.curve.tip(0.3), DOWN + (RIGHT if rises else LEFT), buff=0.1)
        self.play(*appear(name), run_time=0.5 * TEMPO)
        self.rest(1)

        for profile in story.profiles(part):
            text, color, caption = {
                "even": (
                    "the theorem's path",
                    self.colors.constructed,
                    "The theorem's path: it strictly decreases, wherever the line may go.",
                ),
                "valley": (
                    "valley",
                    self.colors.valley,
                    "The valley path: as low as a path that never rises can go here.",
                ),
            }[profile]
            self.caption(caption)
            lam, height = part[profile].T.astype(float)
            clock = np.linspace(0, 1, len(lam))  # runs on where alpha stands still
            drawn = self.draw(plot, lam, height, color, clock)
            self.run([drawn], ValueTracker(0), 3)
            name = self.label(drawn.curve, text, color, (DOWN + LEFT, UP, DOWN))
            self.play(*appear(name), run_time=0.5 * TEMPO)
        self.rest(2)

    def networks(self) -> None:
        """Every network, small, at once."""
        self.next_section("networks")
        self.head("Every network, log scale")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(story.footer(self.findings))
        parts = self.parts[: len(LEFTS) * len(BASES)]
        low, high = objective_range(*parts)
        ticks = decades(low, high)
        plots, levels, curves = [], [], []
        for k, part in enumerate(parts):
            left, base = LEFTS[k % len(LEFTS)], BASES[k // len(LEFTS)]
            plot = Plot(
                alpha_axis(part, (left, left + ACROSS), 1.0),
                Axis(low, high, base, base + HIGH, [ticks[0], ticks[-1]], log=True),
                "alpha",
                story.short_name(part),
                self.colors,
            )
            plots.append(plot)
            levels.append(plot.level(part.manifest["zero"], self.colors.zero))
            curves += self.training_and_test(plot, part)
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
        rows = [list(COLUMNS.values()), *story.table(self.findings)]
        self.caption(story.monotone_lines(self.findings))
        cells = table(rows, list(COLUMNS), 2.4, 0.68, self.colors)
        self.play(*appear(cells), run_time=1 * TEMPO)
        self.rest(6)

    def training_and_test(self, plot: Plot, part: Findings) -> list[Drawn]:
        """Both objectives of a part on a plot."""
        return [
            self.draw(plot, *story.objectives(part, name), color)
            for name, color in (("train", self.colors.empirical), ("test", self.colors.ink))
        ]


def objective_range(*parts: Findings) -> tuple[float, float]:
    """A power of ten below all objectives of training and test, and a little above the highest.

    At most eight decades; where m is lower, it is drawn at the lower end.
    """
    curves = [story.objectives(part, name)[1] for part in parts for name in ("train", "test")]
    shown = np.concatenate(curves)
    high = float(shown.max())
    low = max(float(shown[shown > 0].min()), 1e-8 * high)
    return float(10.0 ** np.floor(np.log10(low))), 1.5 * high


def alpha_axis(part: Findings, ends: tuple[float, float], step: float) -> Axis:
    """From 0 to the farthest alpha, with ticks a step apart."""
    farthest = float(part["alpha"][-1])
    ticks = [(k * step, f"{k * step:g}") for k in range(round(farthest / step) + 1)]
    return Axis(0, farthest, *ends, ticks)
