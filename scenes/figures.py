"""Plots, formulas and tables that several scenes show."""

from __future__ import annotations

from collections.abc import Sequence

from manim import LEFT, MathTypst, VGroup

from construction import symbolic
from construction.experiments.path import words as story
from construction.palette import Palette
from construction.record.record import Route
from scenes.mobjects.formula import TypstPrinter, maths, words
from scenes.mobjects.plot import Axis, Plot, decades
from scenes.style import FORMULA

#: Frame coordinates of a plot that shares the frame with a panel, of the panel, of a wide plot.
NARROW, PANEL, WIDE = (-5.75, 0.75), (2.3, 6.2), (-5.75, 5.75)
BOTTOM, TOP = -1.6, 2.3
HALVES = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))


def objective_plot(
    route: Route,
    span: tuple[float, float],
    ticks: Sequence[tuple[float, str]],
    colors: Palette,
) -> Plot:
    """Objectives over lambda, logarithmic, wide enough for every curve of the route."""
    low, high = story.objective_range(route)
    heights = decades(low, high)
    if min(route.empirical) < low:  # the axis ends above the data, and says so
        heights[0] = (heights[0][0], f"<= {heights[0][1]}")
    return Plot(
        Axis(0, 1, *span, ticks),
        Axis(low, high, BOTTOM, TOP, heights, log=True),
        "lambda",
        "objective (log scale)",
        colors,
    )


def scale_plot(route: Route, colors: Palette) -> Plot:
    """The scale c over lambda, logarithmic, where the ray panel stood."""
    low, high = story.scale_range(route)
    return Plot(
        Axis(0, 1, *PANEL, HALVES),
        Axis(low, high, BOTTOM, TOP, decades(low, high), log=True),
        "lambda",
        "scale $c$ (log scale)",
        colors,
    )


def quadratic(colors: Palette) -> MathTypst:
    """The sheet of the squared loss, as sympy derives it."""
    printer = TypstPrinter({"c": "{{c:c}}", "d": "{{L(0):zero}}"})
    return maths(
        "g(lambda, {{c:c}}) = " + printer.doprint(symbolic.quadratic()),
        size=FORMULA,
        color=colors.ink,
        parts={"c": colors.constructed, "zero": colors.zero},
    )


def table(
    rows: Sequence[Sequence[str]],
    columns: Sequence[float],
    top: float,
    step: float,
    colors: Palette,
) -> VGroup:
    """Words in rows, the first of which are headings; an empty cell stays empty.

    Args:
        rows: a cell a column.
        columns: left end of each.
        top: height of the first row; the others follow below, `step` apart.
        colors: of the theme.
    """
    cells = VGroup()
    for k, row in enumerate(rows):
        for x, text in zip(columns, row, strict=True):
            if text:
                cell = words(text, color=colors.ink if k else colors.dim)
                cells.add(cell.move_to([x, top - step * k, 0], aligned_edge=LEFT))
    return cells
