"""The straight line from initial to trained weights, beside what the theorem makes of it."""

from itertools import product

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, VGroup

from construction.experiments.interpolation import words as story
from construction.experiments.interpolation.words import lines, objectives, profiles, sides
from construction.record.findings import Findings
from scenes import source
from scenes.figures import BOTTOM, TOP, WIDE, Figures
from scenes.mobjects.fade import appear
from scenes.mobjects.formula import stand, words
from scenes.mobjects.plot import Axis, Plot, decades, round_ticks
from scenes.mobjects.shapes import Dashes, DataCurve
from scenes.style import MARGIN, TEMPO

#: Left ends, width, lower ends and height of the small plots.
LEFTS, ACROSS, BASES, HIGH = (-5.75, -1.25, 3.25), 2.8, (0.65, -1.95), 1.25
#: Columns of the table: their left ends, and names.
COLUMNS = {
    -MARGIN: "",
    -2.9: "largest rise",
    -0.7: "plateau",
    1.2: "monotone",
    3.3: "theorem",
    5.3: "path",
}


class Interpolation(Figures):
    """One network's line and beyond, the sheet beside it, and the same for all of them."""

    def construct(self) -> None:
        """Tell the findings."""
        self.findings = source.findings("goodfellow-mnist")
        self.parts = list(lines(self.findings).values())

        self.question()
        self.line()
        self.theorem()
        if len(self.parts) > 1:
            self.networks()
        self.verdict()

    def question(self) -> None:
        """What is looked at."""
        self.beat("question", "The straight line between weights")
        first, last, *_ = story.STARTS[self.parts[0].manifest["start"]]
        caption = f"Goodfellow, Vinyals and Saxe (2014) went straight from {first} to {last}."
        self.state(
            "theta(alpha) = (1 - alpha) {{theta_i:start}} + alpha {{theta_f:stop}}",
            words("What does the loss do on the way, and beyond?", color=self.colors.ink, size=46),
            [caption],
            hold=2,
            start=self.colors.empirical,
            stop=self.colors.empirical,
        )

    def line(self) -> None:
        """Training and test of one network, as alpha runs past the trained weights."""
        part = self.parts[0]
        title = f"Along the line: {part.manifest['label']}"
        self.beat("line", title, story.footer(self.findings), clear=True)
        low, high = objective_range(part)
        x, y = alpha_axis(part, WIDE, 4), Axis(low, high, BOTTOM, TOP, decades(low, high), log=True)
        plot = self.plot = Plot(x, y, "alpha", "objective (log scale)", self.colors)
        drawn = self.training_and_test(plot, part)
        weights = "final weights" if part.manifest["start"] == "given" else "trained weights"
        foot, top = plot.at(1, [low, high])
        mark = words(weights, color=self.colors.dim)
        stand(mark.move_to(top), top[1] + 0.28)
        mark.shift(min(0.0, WIDE[1] - mark.get_right()[0]) * RIGHT)

        trained = Create(Dashes(foot, top, self.colors.dim))
        self.play(Create(plot), trained, *appear(mark), run_time=1 * TEMPO)
        both = "training and of test" if drawn[1:] else "training"
        self.caption(f"The objective of {both}; the {weights} are at alpha = 1.")
        self.run(*drawn, seconds=6)
        sides = (UP, DOWN, UP + RIGHT, DOWN + LEFT)
        shown = [(one, "test", self.colors.ink) for one in drawn[1:]]
        shown.append((drawn[0], "train, $c = 1$", self.colors.empirical))
        labels = [self.label(*one, sides) for one in shown]
        self.fade_in(*labels, hold=2)
        self.test_shown = (drawn[1], labels[0]) if drawn[1:] else ()

    def theorem(self) -> None:
        """L(0), m, and the constructed paths on the same axes."""
        self.beat("theorem", "Beside it: what rescaling the last layer can do")
        if self.test_shown:
            self.fade_out(*self.test_shown)
        part, plot, colors = self.parts[0], self.plot, self.colors
        self.caption("The network that always answers zero has the objective L(0).")
        level, ends = part.manifest["zero"], np.array([plot.x.low, plot.x.high])
        guide = self.draw(plot, ends, np.full(2, level), colors.zero)
        name = self.label(guide, "$L(0)$, zero predictor", colors.zero, (UP, DOWN))
        self.play(Create(plot.level(level, colors.zero)), *appear(name), run_time=1 * TEMPO)
        self.rest(1)

        self.caption("The best rescaling at each alpha reaches m; nothing on the rays is lower.")
        least = self.run(self.draw(plot, *objectives(part, "minimum"), colors.dim), seconds=2)
        rises = least.tip(0.3)[1] > least.tip(0.2)[1]
        name, side = words("$m(alpha)$", color=colors.dim), DOWN + (RIGHT if rises else LEFT)
        self.fade_in(name.next_to(least.tip(0.3), side, buff=0.1), hold=1)

        told = {
            "paper": (
                "the proof's path",
                colors.constructed,
                "strictly decreases, if little",
            ),
            "even": ("the theorem's path", colors.constructed, "strictly decreases"),
            "valley": ("valley", colors.valley, "as low as a path that never rises can go"),
        }
        for profile in profiles(part):
            text, color, caption = told[profile]
            self.caption(f"{text.capitalize()}: {caption}.")
            # evenly, as alpha stands still while the last layer shrinks
            path = self.draw_evenly(plot, *objectives(part, profile), color)
            curve = self.run(path, seconds=3)
            self.fade_in(self.label(curve, text, color, (DOWN + LEFT, UP, DOWN, RIGHT)))
        self.rest(2)

    def networks(self) -> None:
        """Every network, or treatment of batch normalisation, small, at once."""
        footer = story.footer(self.findings)
        self.beat("networks", "Every line, log scale", footer, clear=True)
        parts = self.parts[: len(LEFTS) * len(BASES)]
        low, high = objective_range(*parts)
        ticks = decades(low, high)
        shown, curves = VGroup(), []
        for part, (base, left) in zip(parts, product(BASES, LEFTS), strict=False):
            x = alpha_axis(part, (left, left + ACROSS), 2)
            y = Axis(low, high, base, base + HIGH, [ticks[0], ticks[-1]], log=True)
            plot = Plot(x, y, "alpha", story.short_name(part), self.colors)
            shown.add(plot, plot.level(part.manifest["zero"], self.colors.zero))
            curves += self.training_and_test(plot, part)
        key = {
            "train": self.colors.empirical,
            "test": self.colors.ink,
            "$L(0)$, dashed": self.colors.zero,
        }
        for name, color in key.items():
            self.name_in_row(name, color)
        self.caption("The same axes for every line; dashed is L(0).")
        self.fade_in(*shown)
        self.run(*curves, seconds=6, hold=3)

    def verdict(self) -> None:
        """The metrics side by side."""
        footer = story.footer(self.findings, seeds=False)
        self.beat("verdict", "What the lines have in common, over all seeds", footer, clear=True)
        rows = [list(COLUMNS.values()), *story.table(self.findings)]
        self.caption("On how many of the lines the training objective never rises up to alpha = 1.")
        self.fade_in(self.tabulate(rows, COLUMNS, 2.35, 0.72), seconds=1, hold=6)

    def training_and_test(self, plot: Plot, part: Findings) -> list[DataCurve]:
        """Both objectives of a part on a plot."""
        colors = {"train": self.colors.empirical, "test": self.colors.ink}
        return [self.draw(plot, *objectives(part, name), colors[name]) for name in sides(part)]


def objective_range(*parts: Findings) -> tuple[float, float]:
    """A power of ten below all objectives of training and test, and a little above the highest.

    At most eight decades; where m is lower, it is drawn at the lower end.
    """
    shown = [objectives(part, name)[1] for part in parts for name in sides(part)]
    values = np.concatenate(shown)
    high = float(values.max())
    low = max(float(values[values > 0].min()), 1e-8 * high)
    return float(10.0 ** np.floor(np.log10(low))), 1.5 * high


def alpha_axis(part: Findings, ends: tuple[float, float], most: int) -> Axis:
    """From 0 to the farthest alpha, with round ticks."""
    farthest = float(part["alpha"][-1])
    return Axis(0, farthest, *ends, round_ticks(0, farthest, most))
