"""The beats that films share, and the plots, words and tables in them."""

from collections.abc import Iterable, Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, Mobject, ValueTracker, VGroup, Write

from construction.arrays import Array
from scenes import source
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import maths, stand, words
from scenes.mobjects.plot import Axis, Plot, decades
from scenes.stage import Drawn, Stage
from scenes.style import FORMULA, LABEL, MARGIN, SMALL, TEMPO, palette

#: Frame coordinates of a plot that shares the frame with a panel, of the panel, of a wide plot.
NARROW, PANEL, WIDE = (-5.75, 0.75), (2.3, 6.2), (-5.75, 5.75)
BOTTOM, TOP = -1.6, 2.3
#: Height of the row of names below the title.
ROW = 2.78
#: From one line of words to the next, in lines.
LINE = 1.5
HALVES = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))


class Beats(Stage):
    """A stage with what films do time and again; seconds are those of a lecture's tempo."""

    def tell(self, run: str) -> None:
        """Take the theme, and the findings of a run; to be called first."""
        self.set_stage(palette())
        self.findings = source.findings(run)

    def beat(self, section: str, title: str, footer: str = "", *, clear: bool = False) -> None:
        """Begin a section under a new title, on an empty frame if it is to be cleared."""
        self.next_section(section)
        if clear:
            self.row.remove(*self.row)
        self.head(title, *(self.all_but_title() if clear else ()))
        if footer:
            self.show_footer(footer)

    def all_but_title(self) -> list[Mobject]:
        """What is shown under the title."""
        return [shown for shown in self.mobjects if shown is not self.title]

    def name_in_row(self, text: str, color: str) -> None:
        """Let a name appear in the row below the title, right of those that are there."""
        name = words(text, color=color).move_to([-MARGIN, 0, 0], LEFT)
        if self.row:
            name.next_to(self.row, RIGHT, buff=0.55)
        self.row.add(stand(name, ROW))
        self.fade_in(name, seconds=0.3)

    def fade_in(self, *mobjects: Mobject, seconds: float = 0.5) -> None:
        """Let mobjects appear."""
        self.play(*appear(*mobjects), run_time=seconds * TEMPO)

    def fade_out(self, *mobjects: Mobject, seconds: float = 0.5) -> None:
        """Let mobjects vanish."""
        self.play(*vanish(*mobjects), run_time=seconds * TEMPO)

    def state(
        self,
        formula: str,
        below: Mobject,
        captions: Sequence[str],
        *,
        write: float = 2,
        pause: float = 0,
        hold: float = 3,
        **parts: str,
    ) -> None:
        """A formula and what is said of it, alone in the frame, to be cleared by the next beat.

        Args:
            formula: in Typst's notation.
            below: appears after it.
            captions: while the formula is written, and when the other appears.
            write, pause, hold: seconds of writing, before the other, and after it.
            parts: colours of named parts of the formula.
        """
        above = maths(formula, size=FORMULA + 22, color=self.colors.ink, parts=parts)
        above.scale(min(1.0, 2 * MARGIN / above.width))
        VGroup(above, below).arrange(DOWN, buff=1).move_to(0.2 * UP)
        self.caption(captions[0])
        self.play(Write(above), run_time=write * TEMPO)
        if pause:
            self.rest(pause)
        for text in captions[1:]:
            self.caption(text)
        self.fade_in(below)
        self.rest(hold)

    def draw_evenly(self, plot: Plot, x: Array, y: Array, color: str) -> Drawn:
        """A curve whose clock runs from 0 to 1, alike from corner to corner."""
        return self.draw(plot, x, y, color, np.linspace(0, 1, len(x)))

    def trace(self, drawn: Drawn, seconds: float) -> DataCurve:
        """Draw a curve as its clock runs, from 0 on."""
        self.run([drawn], ValueTracker(0), seconds)
        return drawn.curve

    def show_zero_level(self, plot: Plot, zero: float) -> None:
        """The level of the zero predictor across a plot, with its name."""
        level, ends = plot.level(zero, self.colors.zero), np.array([plot.x.low, plot.x.high])
        guide = self.draw(plot, ends, np.full(2, zero), self.colors.zero).curve
        name = self.label(guide, "$L(0)$, zero predictor", self.colors.zero, (UP, DOWN))
        self.play(Create(level), *appear(name), run_time=1 * TEMPO)

    def objective_plot(
        self,
        x: Axis,
        heights: tuple[float, float],
        names: tuple[str, str] = ("lambda", "objective (log scale)"),
        ticks: Sequence[tuple[float, str]] | None = None,
    ) -> Plot:
        """Heights between `BOTTOM` and `TOP`: logarithmic with decades, or linear with ticks."""
        log, (low, high) = ticks is None, heights
        y = Axis(low, high, BOTTOM, TOP, decades(low, high) if ticks is None else ticks, log=log)
        return Plot(x, y, *names, self.colors)

    def tabulate(
        self,
        rows: Iterable[Sequence[str]],
        columns: Iterable[float],
        top: float,
        step: float,
        *,
        colors: Sequence[str] = (),
        size: float = LABEL + 4,
        centred: bool = False,
    ) -> VGroup:
        """Words in rows, the first of which are headings; an empty cell stays empty.

        Args:
            rows: a cell a column.
            columns: left end of each, or the middle of all but the first if they are `centred`.
            top: height of the first row; the others follow below, `step` apart.
            colors: of the other rows, the ink's where there are none.
            size: of the other rows.
        """
        cells = VGroup()
        for k, row in enumerate(rows):
            color = (self.colors.dim, *colors)[k] if colors or not k else self.colors.ink
            for n, (x, text) in enumerate(zip(columns, row, strict=True)):
                if text:
                    cell = words(text, color=color, size=size if k else SMALL)
                    edge = np.zeros(3) if centred and n else LEFT
                    cell.move_to([x, 0, 0], aligned_edge=edge)
                    cells.add(stand(cell, top - step * k))
        return cells

    def statements(self, rows: Sequence[tuple[str, str, str]], buff: float) -> VGroup:
        """Rows across the frame: a statement, what is found of it, and the latter's colour.

        They are as large as labels, or as small print where a row would not fit.
        """
        for size in (LABEL, SMALL):
            pairs = VGroup()
            for statement, finding, color in rows:
                left = words(statement, size=size, color=self.colors.ink)
                pairs.add(VGroup(left, words(finding, size=size, color=color)))
            if all(one.width + other.width < 2 * MARGIN - 0.5 for one, other in pairs):
                break
        for k, (left, right) in enumerate(pairs):
            stand(left.move_to([-MARGIN, 0, 0], LEFT), -k * buff)
            stand(right.move_to([MARGIN, 0, 0], RIGHT), -k * buff)
        return pairs.move_to([0, 0.2, 0])


def stack(
    lines: Iterable[str], color: str, *, size: float = LABEL, centred: bool = False
) -> VGroup:
    """Lines of words below each other, at one distance."""
    rows = VGroup(*[words(line, size=size, color=color) for line in lines])
    for k, row in enumerate(rows):
        edge = np.zeros(3) if centred else LEFT
        stand(row.move_to([0, 0, 0], aligned_edge=edge), -k * LINE * size / 96)
    return rows
