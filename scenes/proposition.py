"""How often random weights satisfy condition 2: Proposition 1 and what was measured.

``manim render scenes/proposition.py`` renders it from the study of the run "proposition-1".
"""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, Dot, ValueTracker, VGroup, VMobject, Write

from construction.arrays import Array
from construction.experiments.proposition.counted import SPHERICAL, Probability, bound
from construction.experiments.proposition.study import Study
from scenes import proposition_story as story
from scenes import source
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import maths, words
from scenes.mobjects.plot import Axis, Plot
from scenes.stage import Drawn, Stage
from scenes.style import FORMULA, LABEL, TEMPO, THIN, palette

#: Frame coordinates of the panels, side by side.
PANELS = ((-5.75, -0.75), (1.1, 6.1))
BOTTOM, TOP = -1.2, 2.1
#: Where the key stands.
KEY = -2.2
#: Half the width of the ends of an interval.
CAP = 0.06


class Proposition(Stage):
    """The statement, the reason, and the measured probabilities beside the bound."""

    def construct(self) -> None:
        """Tell the study."""
        self.set_stage(palette())
        found = source.result("proposition-1")
        assert isinstance(found, Study), "what a run of this kind finds"
        self.study = found
        colors = self.colors
        roles = (colors.empirical, colors.constructed, colors.valley, colors.zero, colors.dim)
        self.roles = dict(zip(story.initialisations(found), roles, strict=False))

        self.statement()
        self.pairing()
        self.measured()
        self.verdict()

    def statement(self) -> None:
        """What Proposition 1 says."""
        self.next_section("statement")
        self.head("How often does the zero predictor beat random weights?")
        formula = maths(
            "P[L(W(0)) > L(0)] >= 1/2 (1 - 2^(-n))",
            size=FORMULA + 8,
            color=self.colors.ink,
            parts={},
        )
        told = VGroup(
            *[
                words(line, color=self.colors.dim)
                for line in (
                    "Safran and Shamir 2016, Proposition 1: squared loss or cross-entropy,",
                    "each neuron's weights independent and spherically symmetric,",
                    "$n$ units in the last hidden layer",
                )
            ]
        ).arrange(DOWN, buff=0.25)
        VGroup(formula, told).arrange(DOWN, buff=0.8).shift(0.3 * UP)
        self.caption("The theorem needs a start that is worse than the zero predictor.")
        self.play(Write(formula), run_time=2 * TEMPO)
        self.caption("Random weights are, with a probability of nearly one half or more.")
        self.play(*appear(told), run_time=0.5 * TEMPO)
        self.rest(3)
        self.play(*vanish(formula, told), run_time=0.5 * TEMPO)

    def pairing(self) -> None:
        """Why: a network and its mirror image are not both below L(0)."""
        self.next_section("pairing")
        self.head("Why one half: every network has a mirror image")
        colors = self.colors
        zero = {"zero": colors.zero}
        rows = VGroup(
            words(
                "Negate the last layer: equally likely, and the outputs $N$ become $-N$.",
                color=colors.ink,
            ),
            maths(
                "{{L(0):zero}} <= 1/2 (L(N) + L(-N))", size=FORMULA, color=colors.ink, parts=zero
            ),
            words("So not both of the pair lie below $L(0)$.", color=colors.ink),
            words(
                "On one sample all $n$ units are silent with probability $2^(-n)$: then neither "
                "lies above.",
                color=colors.dim,
            ),
        ).arrange(DOWN, buff=0.6)
        self.caption("A network and its mirror image are equally likely.")
        self.play(*appear(rows[0]), run_time=0.5 * TEMPO)
        self.rest(1)
        self.caption("The loss is convex, so that not both are better than zero.")
        self.play(Write(rows[1]), run_time=1.5 * TEMPO)
        self.play(*appear(rows[2]), run_time=0.5 * TEMPO)
        self.rest(1.5)
        self.play(*appear(rows[3]), run_time=0.5 * TEMPO)
        self.rest(2)
        self.play(*vanish(rows), run_time=0.5 * TEMPO)

    def measured(self) -> None:
        """The share of random networks over the width, with exact intervals."""
        self.next_section("measured")
        self.head("Measured: the share of networks above $L(0)$")
        self.show_footer(story.footer(self.study))
        first = next(iter(self.roles))
        plots: list[Plot] = []
        bounds = []
        for (loss, count), span in zip(story.panels(self.study), PANELS, strict=False):
            curve = self.study.curve(first, loss, count)
            plots.append(self.panel(curve, span, story.title(loss, count)))
            height = np.array([bound(one.width) for one in curve])
            bounds.append(self.over_width(plots[-1], curve, height, self.colors.ink))
        key = self.key()
        self.play(*[Create(plot) for plot in plots], *appear(key[0]), run_time=1 * TEMPO)
        self.caption("The bound: from one quarter for a single unit towards one half.")
        self.run(bounds, ValueTracker(0), 2)
        for k, name in enumerate(self.roles):
            covered = name in SPHERICAL
            law = "symmetric" if covered else "uniform, outside the proposition"
            self.caption(f"{name}: {law}. {story.bars(self.study)}")
            found = [self.study.curve(name, *asked) for asked in story.panels(self.study)]
            drawn = []
            bars = VGroup()
            for plot, curve in zip(plots, found, strict=False):
                value = np.array([one.value for one in curve])
                drawn.append(self.over_width(plot, curve, value, self.roles[name]))
                bars.add(*[self.interval(plot, one, self.roles[name]) for one in curve])
            self.play(*appear(key[k + 1]), run_time=0.3 * TEMPO)
            self.run(drawn, ValueTracker(0), 2.5 if k == 0 else 1)
            self.play(*appear(bars), run_time=0.5 * TEMPO)
        self.rest(3)

    def verdict(self) -> None:
        """Where the intervals lie."""
        self.next_section("verdict")
        self.head("What was found")
        self.play(*vanish(*[shown for shown in self.mobjects if shown is not self.title]))
        self.show_footer(story.footer(self.study))
        rows = VGroup()
        for statement, count in story.verdicts(self.study):
            rows.add(self.row(statement, count))
        one = story.closest(self.study)
        where = f"{one.initialisation}, {story.title(one.loss, one.samples)}, $n = {one.width}$"
        beside = f"{one.value:.3f} beside {one.bound:.3f}"
        rows.add(self.row(f"Nearest to its bound: {where}", beside))
        rows.arrange(DOWN, buff=0.4, center=False).move_to([0, 0, 0])
        self.caption(
            "A frequency with an exact interval is evidence, no proof; the proof is the pairing."
        )
        self.play(*appear(rows), run_time=1 * TEMPO)
        self.rest(4)

    def row(self, statement: str, found: str) -> VGroup:
        """A line of the last frame, from its left end to its right one."""
        left = words(statement, color=self.colors.ink).move_to([-6.3, 0, 0], LEFT)
        return VGroup(left, words(found, color=self.colors.valley).move_to([6.3, 0, 0], RIGHT))

    def panel(self, curve: tuple[Probability, ...], span: tuple[float, float], title: str) -> Plot:
        """Axes of the probability over the width, the latter logarithmic."""
        widths = [one.width for one in curve]
        ticks = [(float(n), str(n)) for n in widths[::3]]
        heights = [(0.0, "0"), (0.5, "0.5"), (1.0, "1")]
        return Plot(
            Axis(widths[0], widths[-1], *span, ticks, log=True),
            Axis(0, 1, BOTTOM, TOP, heights),
            "n",
            f"{title} ($n$ log scale)",
            self.colors,
        )

    def over_width(
        self, plot: Plot, curve: tuple[Probability, ...], height: Array, color: str
    ) -> Drawn:
        """A curve over the widths, to be drawn from the smallest on."""
        width = np.array([one.width for one in curve], float)
        share = np.log(width / width[0]) / np.log(width[-1] / width[0])
        return self.draw(plot, width, height, color, share)

    def interval(self, plot: Plot, one: Probability, color: str) -> VGroup:
        """A bar from the lower to the upper end, and a dot, hollow outside the proposition."""
        ends = plot.at(one.width, np.array(one.interval))
        bar = VMobject().set_stroke(color, THIN)
        bar.start_new_path(ends[0]).add_line_to(ends[1])
        for end in ends:
            bar.start_new_path(end + CAP * LEFT).add_line_to(end + CAP * RIGHT)
        dot = Dot(plot.at(one.width, one.value), CAP, color=color)
        dot.set_fill(color if one.covered else self.colors.background).set_stroke(color, THIN)
        return VGroup(bar, dot)

    def key(self) -> VGroup:
        """Names in their colours: the bound, and every initialisation."""
        names = [("bound", self.colors.ink), *self.roles.items()]
        row = VGroup(*[words(name, size=LABEL, color=color) for name, color in names])
        return row.arrange(RIGHT, buff=0.7).move_to([0, KEY, 0])
