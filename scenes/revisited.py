"""The plateau that Frankle found in 2020, what it is, and the path below it."""

import numpy as np
from manim import LEFT, UP, Create, VGroup

from construction.arrays import Array
from construction.errors import InputError
from construction.experiments.interpolation import words as story
from construction.experiments.interpolation.words import objectives
from construction.record.findings import Findings
from scenes import source
from scenes.figures import BOTTOM, HALVES, NARROW, PANEL, TOP, Figures, cells, stack
from scenes.mobjects.plot import Axis, Plot, round_ticks
from scenes.style import Ends

#: Share of the line near L(0) from which on it is called a plateau; chosen here.
LONG = 0.5


class Revisited(Figures):
    """A plateau, the level it lies on, the rise that m takes away, and the path below."""

    def construct(self) -> None:
        self.findings = source.findings("plateau-mlp")
        every = story.lines(self.findings)
        if not every.keys() <= story.TREATMENTS.keys():
            raise InputError(
                "one line, under one or several treatments of batch normalisation",
                f"the lines {', '.join(every)}",
                "The film `interpolation` tells those.",
            )
        self.parts = list(every.values())
        long = [part for part in self.parts if story.near_zero(part) >= LONG]
        self.part, self.stays = (long or self.parts)[0], bool(long)

        self.plateau()
        self.level()
        self.magnified()
        if "valley" in self.part.arrays:
            self.path()
        if len(self.parts) > 1:
            self.treatments()
        self.verdict()

    def plateau(self) -> None:
        """The objective along the line."""
        self.beat("plateau", "A deep network along the straight line", story.footer(self.findings))
        self.plot = self.whole(self.part, NARROW, (BOTTOM, TOP), "objective")
        self.enter(Create(self.plot), seconds=1)
        self.caption("Frankle (2020): deep networks stay on a plateau and drop late.")
        color = self.colors.empirical
        self.name_in_row("straight line", color)
        self.line = self.plot.curve(*objectives(self.part, "train", 1), color)
        self.run(self.line, seconds=5)
        long, none = ("A long plateau,", "and a late drop."), ("Here there is", "no long plateau.")
        self.beside = [self.say(long if self.stays else none, 1.5, self.colors.ink)]
        self.rest(2)

    def level(self) -> None:
        """L(0)."""
        known = "The plateau is the zero predictor"
        self.beat("level", known if self.stays else "Beside the zero predictor")
        self.caption("A network that always answers zero has the objective L(0).")
        zero = self.part.manifest["zero"]
        self.name_in_row(f"$L(0) = {zero:.3f}$", self.colors.zero)
        self.enter(Create(self.plot.level(zero, self.colors.zero)), seconds=1, hold=1)
        until = story.near_until(self.part)
        self.caption(f"The objective is within a tenth of it {until}.")
        near = ("Within a tenth of $L(0)$", until.replace("lambda", "$lambda$"))
        self.beside.append(self.say(near, -0.1, self.colors.zero))
        self.rest(3)

    def magnified(self) -> None:
        """About L(0), with m."""
        self.beat("magnified", "Magnified: where the line rises, rescaling need not")
        zero, (low, high) = self.part.manifest["zero"], story.near_span(self.part)
        ticks = [(y, f"{y:.4g}") for y in (zero + k * (high - low) / 4 for k in (-1, 0, 1))]
        x, y = Axis(0, 1, *PANEL, HALVES), Axis(low, high, BOTTOM, TOP, ticks)
        near = self.near = Plot(x, y, "lambda", "about $L(0)$", self.colors)
        level = near.level(zero, self.colors.zero)
        self.fade_out(*self.beside)
        self.enter(near, Create(level), seconds=1)
        rise = story.numbers(self.part)["rise"][0]
        self.caption(f"The line rises by {rise:.2g} at most.")
        objective, least = (objectives(self.part, name, 1) for name in ("train", "minimum"))
        self.run(near.curve(*up_to(*objective, low), self.colors.empirical), seconds=3, hold=1)
        self.caption("The best rescaling of the last layer, m, never lies above L(0).")
        self.name_in_row("$m(lambda)$", self.colors.dim)
        drawn = near.curve(*up_to(*least, low), self.colors.dim)
        self.run(self.plot.curve(*least, self.colors.dim), drawn, seconds=3, hold=3)

    def path(self) -> None:
        """The constructed path, on both plots."""
        self.beat("path", "A path below, which only goes down")
        self.caption("The constructed path only goes down.")
        color, corners = self.colors.valley, objectives(self.part, "valley")
        self.name_in_row("path", color)
        whole = self.plot.curve(*corners, color, evenly=True)
        near = up_to(*corners, self.near.y.low)
        clock = whole.clock[: len(near[0])]
        self.run(whole, self.near.curve(*near, color, clock), seconds=4, hold=3)

    def treatments(self) -> None:
        """The same weights with other treatments of batch norm."""
        title = "Batch norm decides: the same weights, other statistics"
        self.beat("treatments", title, story.footer(self.findings), clear=True)
        self.name_in_row("straight line", self.colors.empirical)
        if any("valley" in part.arrays for part in self.parts):
            self.name_in_row("path", self.colors.valley)
        self.name_in_row("$L(0)$, dashed", self.colors.zero)
        for part, (span, heights) in zip(self.parts, cells(len(self.parts)), strict=True):
            name = part.manifest["label"]
            plot = self.whole(part, span, heights, name)
            level = plot.level(part.manifest["zero"], self.colors.zero)
            drawn = [plot.curve(*objectives(part, "train", 1), self.colors.empirical)]
            if "valley" in part.arrays:
                path = objectives(part, "valley")
                drawn.append(plot.curve(*path, self.colors.valley, evenly=True))
            self.caption(f"With {name}: near L(0) {story.near_until(part)}.")
            self.enter(plot, Create(level), seconds=0.7)
            self.run(*drawn, seconds=2, hold=1)
        self.rest(3)

    def verdict(self) -> None:
        """The numbers."""
        self.beat("verdict", "In numbers", story.footer(self.findings), clear=True)
        self.caption("Where the line rises, by how much, and by how much m does.")
        heads, *rows = story.treatments_table(self.findings)
        self.enter(self.tabulate(rows, heads=heads), seconds=1, hold=5)

    def say(self, lines: tuple[str, ...], top: float, color: str) -> VGroup:
        """Words beside the plot, where the magnified one will stand."""
        said = stack(lines, color, size=40)
        self.enter(said.move_to([PANEL[0] - 0.6, top, 0], aligned_edge=UP + LEFT))
        return said

    def whole(self, part: Findings, ends: Ends, heights: Ends, name: str) -> Plot:
        """A plot high enough for this treatment, and for all that are not ten times as high."""
        own = _top(part)
        high = 1.08 * max(top for top in map(_top, self.parts) if top <= 10 * own)
        y = Axis(0, high, *heights, round_ticks(0, high, 6))
        return Plot(Axis(0, 1, *ends, HALVES), y, "lambda", name, self.colors)


def _top(part: Findings) -> float:
    """The highest objective on its line and its path."""
    shown = [objectives(part, one, 1)[1] for one in story.sides(part)]
    shown += [part["valley"][:, 1]] if "valley" in part.arrays else []
    return float(np.concatenate(shown).max())


def up_to(lam: Array, height: Array, low: float) -> tuple[Array, Array]:
    """A curve as far as it stays above a height, with the first corner below it."""
    below = height < low
    stop = int(below.argmax()) + 1 if below.any() else len(lam)
    return lam[:stop], height[:stop]
