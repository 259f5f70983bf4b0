"""How often random weights satisfy condition 2: Proposition 1 and what was measured."""

from manim import DOWN, LEFT, RIGHT, UP, Create, Dot, VGroup, VMobject, Write

from construction.experiments.proposition import words as story
from scenes import source
from scenes.figures import BOTTOM, HALVES, TOP, Figures, stack
from scenes.mobjects.formula import maths, words
from scenes.mobjects.plot import Axis, Plot
from scenes.style import FORMULA, THIN, Ends

#: Frame coordinates of the panels, side by side.
PANELS = ((-5.75, -0.75), (1.1, 6.1))
#: Half the width of the ends of an interval.
CAP = 0.06


class Proposition(Figures):
    """The statement, the reason, and the measured probabilities beside the bound."""

    def construct(self) -> None:
        self.findings = source.findings("proposition-1")
        self.panels = story.panels(self.findings)
        colors = self.colors
        roles = (colors.empirical, colors.constructed, colors.valley, colors.zero, colors.dim)
        names = [curve.initialisation for curve in self.panels[0]]
        self.roles = dict(zip(names, roles, strict=False))

        self.statement()
        self.pairing()
        self.measured()
        self.verdict()

    def statement(self) -> None:
        """What Proposition 1 says."""
        self.beat("statement", "How often does the zero predictor beat random weights?")
        lines = (
            "Safran and Shamir 2016, Proposition 1: squared loss or cross-entropy,",
            "each neuron's weights independent and spherically symmetric,",
            "$n$ units in the last hidden layer",
        )
        self.state(
            "P[L(W(0)) > L(0)] >= 1/2 (1 - 2^(-n))",
            stack(lines, self.colors.dim, size=40),
            (
                "The theorem needs a start that is worse than the zero predictor.",
                "Random weights are, with a probability of nearly one half or more.",
            ),
        )

    def pairing(self) -> None:
        """Why: a network and its mirror image are not both below L(0)."""
        self.beat("pairing", "Why one half: every network has a mirror image", clear=True)
        ink = self.colors.ink
        texts = (
            "Negate the last layer: equally likely, and the outputs $N$ become $-N$.",
            "So not both of the pair lie below $L(0)$.",
            "On one sample all units are silent with probability $2^(-n)$: neither is above.",
        )
        negated, so, silent = (words(text, size=38, color=ink) for text in texts)
        bound = "{{L(0):zero}} <= 1/2 (L(N) + L(-N))"
        convex = maths(bound, size=FORMULA + 14, color=ink, zero=self.colors.zero)
        VGroup(negated, convex, so, silent).arrange(DOWN, buff=0.65).move_to(0.1 * UP)
        self.caption("A network and its mirror image are equally likely.")
        self.enter(negated, hold=1)
        self.caption("The loss is convex, so that not both are better than zero.")
        self.enter(Write(convex), seconds=1.5)
        self.enter(so, hold=1.5)
        self.enter(silent, hold=2.5)

    def measured(self) -> None:
        """The share of random networks over the width, with exact intervals."""
        title = "Measured: the share of networks above $L(0)$"
        self.beat("measured", title, story.footer(self.findings), clear=True)
        firsts = [panel[0] for panel in self.panels]
        plots = [self.panel(first, span) for first, span in zip(firsts, PANELS, strict=False)]
        bounds = [
            plot.curve(first.width, first.bound, self.colors.ink, evenly=True)
            for plot, first in zip(plots, firsts, strict=False)
        ]
        self.enter(*[Create(plot) for plot in plots], seconds=1)
        self.name_in_row("bound", self.colors.ink)
        self.caption("The bound: from one quarter for a single unit towards one half.")
        self.run(*bounds, seconds=2)
        for same in zip(*self.panels, strict=True):
            first, color = same[0], self.roles[same[0].initialisation]
            law = "symmetric" if first.covered else "uniform, outside the proposition"
            self.caption(
                f"{first.initialisation}: {law}. "
                f"Bars: exact intervals of {100 * self.findings.manifest['confidence']:g}% each."
            )
            pairs = list(zip(plots, same, strict=False))
            drawn = [p.curve(of.width, of.share, color, evenly=True) for p, of in pairs]
            self.name_in_row(first.initialisation, color)
            self.run(*drawn, seconds=1.5)
            self.enter(*[self.intervals(plot, curve, color) for plot, curve in pairs])
        self.rest(3)

    def verdict(self) -> None:
        """Where the intervals lie."""
        self.beat("verdict", "What was found", story.footer(self.findings), clear=True)
        one = story.closest([curve for curve in story.curves(self.findings) if curve.covered])
        k = one.nearest
        where = f"{one.initialisation}, {one.title}, $n = {one.width[k]}$"
        beside = f"{one.share[k]:.3f} beside {one.bound[k]:.3f}"
        rows = [*story.verdict_rows(self.findings), (f"Nearest: {where}", beside)]
        cells = self.tabulate(rows, [self.colors.valley] * len(rows))
        self.caption(
            "A frequency with an exact interval is evidence, no proof; the proof is the pairing."
        )
        self.enter(cells, seconds=1, hold=4)

    def panel(self, curve: story.ShareCurve, span: Ends) -> Plot:
        """Axes of the probability over the width, the latter logarithmic."""
        ticks = [(float(n), str(n)) for n in curve.width[::3]]
        x = Axis(curve.width[0], curve.width[-1], *span, ticks, log=True)
        y = Axis(0, 1, BOTTOM, TOP, HALVES)
        return Plot(x, y, "n", f"{curve.title} ($n$ log scale)", self.colors)

    def intervals(self, plot: Plot, curve: story.ShareCurve, color: str) -> VGroup:
        """Bars from lower to upper ends, and dots, hollow outside the proposition."""
        bars, dots = VMobject().set_stroke(color, THIN), []
        for width, share, *ends in zip(curve.width, curve.share, *curve.interval, strict=True):
            low, high = plot.at(width, ends)
            bars.start_new_path(low).add_line_to(high)
            for end in (low, high):
                bars.start_new_path(end + CAP * LEFT).add_line_to(end + CAP * RIGHT)
            dots.append(Dot(plot.at(width, share), CAP, color=color).set_stroke(color, THIN))
        filling = color if curve.covered else self.colors.background
        return VGroup(bars, *[dot.set_fill(filling) for dot in dots])
