"""The straight line from initial to trained weights, beside what the theorem makes of it."""

from dataclasses import replace

import numpy as np
from manim import RIGHT, Create, VGroup

from construction.arrays import Array
from construction.experiments.interpolation import words as story
from construction.experiments.interpolation.words import lines, objectives, profiles, sides
from construction.record.findings import Findings
from scenes import source
from scenes.figures import BOTTOM, TOP, WIDE, Figures, cells
from scenes.mobjects.formula import stand, words
from scenes.mobjects.plot import Axis, Plot, log_axis, round_ticks
from scenes.mobjects.shapes import Dashes, DataCurve
from scenes.style import Ends

#: Most small plots at once.
MOST = 6
#: What is told of each constructed path: its name, and what it does.
PATHS = {
    "paper": ("the proof's path", "strictly decreases, if little"),
    "even": ("the theorem's path", "strictly down towards L(0), the rest at alpha = 1"),
    "valley": ("valley", "as low as a path that never rises can go"),
}
#: Columns of the table.
HEADS = ("", "largest rise", "plateau", "monotone", "theorem", "path")


class Interpolation(Figures):
    """One network's line and beyond, the sheet beside it, and the same for all of them."""

    def construct(self) -> None:
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
        x, y = alpha_axis(part, WIDE, 4), log_axis(every_objective(part), BOTTOM, TOP)
        plot = self.plot = Plot(x, y, "alpha", "objective (log scale)", self.colors)
        drawn = self.training_and_test(plot, part)
        weights = "final weights" if part.manifest["start"] == "given" else "trained weights"
        foot, top = plot.at(1, [y.low, y.high])
        mark = words(weights, color=self.colors.dim)
        stand(mark.move_to(top), top[1] + 0.28)
        mark.shift(min(0.0, WIDE[1] - mark.get_right()[0]) * RIGHT)

        self.enter(Create(plot), Create(Dashes(foot, top, self.colors.dim)), mark, seconds=1)
        both = "training and of test" if drawn[1:] else "training"
        self.caption(f"The objective of {both}; the {weights} are at alpha = 1.")
        self.name_in_row("train, $c = 1$", self.colors.empirical)
        if drawn[1:]:
            self.name_in_row("test", self.colors.ink)
        self.run(*drawn, seconds=6, hold=2)
        self.test_shown = [*drawn[1:], *self.row[1:]]

    def theorem(self) -> None:
        """L(0), m, and the constructed paths on the same axes."""
        self.beat("theorem", "Beside it: what rescaling the last layer can do")
        if self.test_shown:
            self.fade_out(*self.test_shown)
            self.row.remove(*self.test_shown)
        part, plot, colors = self.parts[0], self.plot, self.colors
        self.caption("The network that always answers zero has the objective L(0).")
        self.name_in_row("$L(0)$", colors.zero)
        self.enter(Create(plot.level(part.manifest["zero"], colors.zero)), seconds=1, hold=1)
        self.caption("The best rescaling at each alpha reaches m; nothing on the rays is lower.")
        self.name_in_row("$m(alpha)$", colors.dim)
        self.run(plot.curve(*objectives(part, "minimum"), colors.dim), seconds=2, hold=1)
        for profile in profiles(part):
            text, caption = PATHS[profile]
            color = colors.valley if profile == "valley" else colors.constructed
            self.caption(f"{text.capitalize()}: {caption}.")
            self.name_in_row(text, color)
            # evenly, as alpha stands still while the last layer shrinks
            self.run(plot.curve(*objectives(part, profile), color, evenly=True), seconds=3)
        self.rest(2)

    def networks(self) -> None:
        """Every network, or treatment of batch normalisation, small, at once."""
        self.beat("networks", "Every line, log scale", story.footer(self.findings), clear=True)
        parts = self.parts[:MOST]
        every = every_objective(*parts)
        shown, curves = VGroup(), []
        for part, (span, heights) in zip(parts, cells(len(parts)), strict=True):
            x, y = alpha_axis(part, span, 2), log_axis(every, *heights)
            y = replace(y, ticks=[y.ticks[0], y.ticks[-1]])
            plot = Plot(x, y, "alpha", story.short_name(part), self.colors)
            shown.add(plot, plot.level(part.manifest["zero"], self.colors.zero))
            curves += self.training_and_test(plot, part)
        self.name_in_row("train", self.colors.empirical)
        self.name_in_row("test", self.colors.ink)
        self.name_in_row("$L(0)$, dashed", self.colors.zero)
        self.caption("The same axes for every line; dashed is L(0).")
        self.enter(*shown)
        self.run(*curves, seconds=6, hold=3)

    def verdict(self) -> None:
        """The metrics side by side."""
        footer = story.footer(self.findings, seeds=False)
        self.beat("verdict", "What the lines have in common", footer, clear=True)
        self.caption("On how many of the lines the training objective never rises up to alpha = 1.")
        self.enter(self.tabulate(story.table(self.findings), heads=HEADS), seconds=1, hold=6)

    def training_and_test(self, plot: Plot, part: Findings) -> list[DataCurve]:
        """Both objectives of a part on a plot."""
        colors = {"train": self.colors.empirical, "test": self.colors.ink}
        return [plot.curve(*objectives(part, name), colors[name]) for name in sides(part)]


def every_objective(*parts: Findings) -> Array:
    """All objectives of training and test of some parts, (points,)."""
    return np.concatenate([objectives(part, name)[1] for part in parts for name in sides(part)])


def alpha_axis(part: Findings, ends: Ends, most: int) -> Axis:
    """From 0 to the farthest alpha, with round ticks."""
    farthest = float(part["alpha"][-1])
    return Axis(0, farthest, *ends, round_ticks(0, farthest, most))
