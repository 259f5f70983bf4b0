"""Where the theorem ends: separated data, zero initialisation, and what training has to do with it.

The first two sections compute the smallest sheet whose right branch runs off to infinity:
cross-entropy on two samples, whose margins, output of the true class less that of the other, are 1
and ``q = 9 lambda - 6``,

    g(lambda, c) = (softplus(-c) + softplus(-c q)) / 2,    L(0) = ln 2.

While q < 0 it grows in c like ``-q c / 2``; once q >= 0 nothing on the ray is higher than L(0). On
either branch every c has one lambda at which g is a level, in closed form (`lam_at`).
"""

import numpy as np
from manim import LEFT, Create

from construction.arrays import Array
from scenes.figures import BOTTOM, TOP, WIDE, stack
from scenes.film import Film
from scenes.mobjects.plot import Axis, Plot, decades

#: Smallest and largest scale that the plot shows, and points of a curve.
LOWEST, HIGHEST, POINTS = 1e-2, 1e4, 1001
#: Where the second sample starts to be classified correctly; L(0).
RIGHT_FROM, ZERO = 2 / 3, float(np.log(2))
#: L(W(0)) and L(W(1)): the second margin is -6 and 3.
INITIAL, FINAL = (float(np.logaddexp(0, -1) + np.logaddexp(0, -q)) / 2 for q in (-6, 3))
STATED = "two samples, cross-entropy · margins 1 and $9 lambda - 6$ · computed here"


class Limits(Film):
    """The right branch runs off, the left one passes; zero; training."""

    def construct(self) -> None:
        """Tell the problem of two samples, then the record."""
        self.right_branch()
        self.left_branch()
        self.zero()
        self.training()

    def right_branch(self) -> None:
        """The root grows without bound where the last sample becomes right."""
        self.beat("right-branch", "Cross-entropy, all samples right: no scale lifts it", STATED)
        x = Axis(0, 1, *WIDE, [(0, "0"), (RIGHT_FROM, "2\\/3"), (1, "1")])
        y = Axis(LOWEST, HIGHEST, BOTTOM, TOP, decades(LOWEST, HIGHEST), log=True)
        self.plot = Plot(x, y, "lambda", "scale $c$ (log scale)", self.colors)
        self.enter(Create(self.plot), seconds=1)
        self.caption("Along this path the second sample becomes right at lambda = 2/3.")
        self.branch("theorem's root", *right_branch(), self.colors.constructed)
        self.caption("There the root runs off to infinity: beyond, g only falls in c.")
        lines = ("condition 1 fails:", "all samples are right", "beyond $lambda = 2\\/3$")
        self.enter(stack(lines, self.colors.zero).move_to([2.35, 1.0, 0], LEFT), hold=3)

    def left_branch(self) -> None:
        """From the zero predictor on, the other branch goes through to c = 1."""
        self.beat("left-branch", "The other branch passes: forget first, then learn")
        lam, scale = left_branch()
        self.caption(
            f"Below L(0) = ln 2 it is met on the left branch, from lambda = {lam[0]:.2f} on."
        )
        self.branch("left branch, up to $c = 1$", lam, scale, self.colors.valley)
        self.caption("Its scale stays small and ends at c = 1: at the trained weights themselves.")
        self.rest(3)

    def branch(self, name: str, lam: Array, scale: Array, color: str) -> None:
        """Draw the scales of a branch."""
        self.name_in_row(name, color)
        self.run(self.plot.curve(lam, scale, color), seconds=4)

    def zero(self) -> None:
        """Zero initialisation: condition 2 asks for more than equality."""
        footer = "two classes, cross-entropy · last layer zero · computed here"
        self.beat("zero", "Start at zero: condition 2 fails by equality", footer, clear=True)
        initial = float(np.logaddexp(0, 0))  # both margins are 0
        colors = self.colors
        rows = [
            ("last layer zero: all outputs are", "0"),
            ("$L(W(0)) = ln(1 + e^0)$", f"${initial:.4f}$"),
            ("$L(0) = ln 2$", f"${ZERO:.4f}$"),
            ("condition 2 asks $L(0) < L(W(0))$", "not satisfied"),
        ]
        self.caption("Weights whose last layer is zero are the zero predictor.")
        lines = self.tabulate(rows, (colors.ink, colors.empirical, colors.zero, colors.zero))
        self.enter(*lines[:3], hold=1)
        self.caption(
            "The theorem needs strictly more. Whether a path exists is then another question."
        )
        self.enter(lines[3], hold=4)

    def training(self) -> None:
        """A path exists; the theorem does not say that training takes it."""
        title = "A path exists; not said: that training takes it"
        self.beat("training", title, self.footer, clear=True)
        end = self.route.journeys[self.profile or "valley"].phases[0].scale_stop
        rows = {
            ("the path is found by", "knowing $W(1)$ beforehand"): self.colors.ink,
            ("and by the last layer, times", f"$c = {end:.3g}$"): self.colors.constructed,
        }
        epochs = self.record.manifest.get("training_objective")
        if epochs:
            steps = np.diff(epochs[0])
            rose = f"{int((steps > 0).sum())} of {len(steps)} epochs"
            rows["an epoch's mean objective rose in", rose] = self.colors.empirical
        rows["whether training finds such paths", "not said"] = self.colors.zero
        self.caption("The construction uses the trained weights; training does not have them.")
        self.enter(self.tabulate(list(rows), list(rows.values())), seconds=1, hold=5)


def lam_at(scale: Array, level: Array) -> Array:
    """The lambda at which ``g = level`` at a scale: g falls in lambda, (points,)."""
    second = -np.log(np.expm1(2 * level - np.logaddexp(0, -scale))) / scale
    return (second + 6) / 9


def right_branch() -> tuple[Array, Array]:
    """Lambdas and scales above c*, on a level that falls from L(W(0)) halfway to L(0)."""
    scale = np.geomspace(1, HIGHEST, POINTS)
    return lam_at(scale, INITIAL - (INITIAL - ZERO) / 2 * (1 - 1 / scale)), scale


def left_branch() -> tuple[Array, Array]:
    """Lambdas and scales below c*, on a level that falls from L(0) to L(W(1))."""
    scale = np.geomspace(LOWEST, 1, POINTS)
    return lam_at(scale, ZERO - (ZERO - FINAL) * scale**2), scale
