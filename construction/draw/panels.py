"""The two panels: what is drawn in each, and where its name points to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from ..arrays import Array
from ..palette import Palette
from ..record.record import Route
from . import curves
from .span import Span, spanned
from .style import DOTS, NORMAL, SHORT, SMALL, SOLID, THIN, stroke
from .words import number

#: Room left and right of [0, 1], where vertical phases are drawn.
ASIDE = 0.02
#: Scales further apart than this factor have a logarithmic axis.
WIDE = 30.0
#: Share of the axis below which a vertical phase is not marked.
SHORT_FALL = 0.08


@dataclass(frozen=True)
class Name:
    """A name in the right margin.

    Attributes:
        words, color: of the name.
        height: on the axis, of the curve's end at lambda = 1.
    """

    words: str
    color: str
    height: float


@dataclass(frozen=True)
class Word:
    """A word beside a vertical line.

    Attributes:
        text, color: of the word.
        lam, ends: of the line, on the axes.
    """

    text: str
    color: str
    lam: float
    ends: tuple[float, float]


@dataclass
class Panel:
    """What a panel holds.

    Attributes:
        axes: matplotlib's.
        span: of its vertical axis.
        names: of the curves.
        words: inside the panel, where there is room.
        drawn: corners of all that is drawn, on the axes.
    """

    axes: Axes
    span: Span
    names: list[Name] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    drawn: list[curves.Polyline] = field(default_factory=list)

    def add(self, curve: curves.Polyline, name: str, style: dict[str, Any]) -> None:
        """Draw a curve and name it at lambda = 1, where it gets there first."""
        value = self.span.shown(curve.value)
        self.axes.plot(
            curve.lam,
            value,
            solid_joinstyle="round",
            dash_joinstyle="round",
            clip_on=False,
            **style,
        )
        self.drawn.append(curves.Polyline(curve.lam, value))
        known = np.flatnonzero(np.isfinite(value))
        if name and known.size:
            last = known[int(np.argmax(curve.lam[known] == curve.lam[known].max()))]
            self.names.append(Name(name, str(style["color"]), float(value[last])))


def names_of(profiles: Sequence[str], wide: bool) -> dict[str, str]:
    """What the curves are called: in full where the page is wide."""
    own = {name: f"constructed, {name}" if wide else name for name in profiles}
    base = {"base": "base path, $c = 1$", "least": "$m$, least over $c$"}
    return own | (base if wide else {"base": "$c = 1$", "least": r"$m(\lambda)$"})


def objective_span(route: Route, drawn: Sequence[curves.Drawn], linear: bool) -> Span:
    """The axis of the upper panel."""
    values = [route.sheet.minimum, route.empirical, np.array([route.sheet.d])]
    return spanned([*values, *(one.objective.value for one in drawn)], log=not linear)


def scale_span(route: Route, drawn: Sequence[curves.Drawn]) -> Span:
    """The axis of the lower panel, logarithmic where scales differ by more than `WIDE`."""
    values = [route.sheet.best_scale, np.ones(1), *(one.scale.value for one in drawn)]
    known = np.concatenate([value[np.isfinite(value) & (value > 0)] for value in values])
    return spanned(values, log=bool(known.max() > WIDE * known.min()))


def objectives(
    axes: Axes,
    route: Route,
    drawn: Sequence[curves.Drawn],
    names: dict[str, str],
    colors: Palette,
    span: Span,
) -> Panel:
    """The upper panel: objectives, levels, and the barrier."""
    least, base, zero = curves.minimum(route), curves.empirical(route), route.sheet.d
    panel = Panel(axes, span)
    level = np.array([0.0, 1.0])
    floor = np.full_like(least.lam, panel.span.low)
    reach = panel.span.shown(least.value)
    axes.fill_between(least.lam, floor, reach, color=colors.dim, alpha=0.16, linewidth=0)
    panel.add(
        curves.Polyline(level, np.full(2, base.value[0])),
        "$L(W(0))$",
        {"color": colors.dim, "linewidth": THIN, "linestyle": DOTS},
    )
    panel.add(
        curves.Polyline(level, np.full(2, zero)),
        "$L(0)$",
        {"color": colors.zero, "linewidth": THIN, "linestyle": SHORT},
    )
    panel.add(
        least,
        names["least"],
        {"color": colors.dim, "linewidth": THIN, "linestyle": SOLID},
    )
    panel.add(
        base,
        names["base"],
        {"color": colors.empirical, "linewidth": NORMAL, "linestyle": SOLID},
    )
    for one, style in zip(drawn, _strokes(drawn, colors), strict=True):
        panel.add(one.objective, names[one.profile], style)
        for fall in one.falls:
            _arrow(panel, fall, style["color"])
    _bar(panel, curves.barrier(route), colors.ink)
    _dressed(panel, "objective" + (" (log scale)" if panel.span.log else ""), colors)
    axes.tick_params(labelbottom=False)
    return panel


def scales(
    axes: Axes,
    route: Route,
    drawn: Sequence[curves.Drawn],
    names: dict[str, str],
    colors: Palette,
    span: Span,
) -> Panel:
    """The lower panel: the scales of the constructed paths, the best one, and c = 1."""
    best, panel = curves.best_scale(route), Panel(axes, span)
    endless = ~np.isfinite(best.value)
    if endless.any():
        _shade(axes, best.lam, endless, colors)
    panel.add(
        curves.Polyline(np.array([0.0, 1.0]), np.ones(2)),
        "$c = 1$",
        {"color": colors.empirical, "linewidth": NORMAL, "linestyle": SOLID},
    )
    panel.add(
        best,
        r"$c^*(\lambda)$",
        {"color": colors.dim, "linewidth": THIN, "linestyle": SOLID},
    )
    for one, style in zip(drawn, _strokes(drawn, colors), strict=True):
        panel.add(one.scale, names[one.profile], style)
    _dressed(panel, "scale $c$" + (" (log)" if panel.span.log else ""), colors)
    axes.set_xlabel(r"$\lambda$", color=colors.ink, labelpad=1)
    return panel


def _strokes(drawn: Sequence[curves.Drawn], colors: Palette) -> list[dict[str, Any]]:
    first = next((one.profile for one in drawn if one.profile != "valley"), "")
    return [stroke(one.profile, one.profile == first, colors) for one in drawn]


def _arrow(panel: Panel, fall: curves.Fall, color: str) -> None:
    """A triangle half-way down a vertical phase, and its name once, unless it is too short."""
    start, stop = panel.span.shown(np.array([fall.start, fall.stop])).tolist()
    if panel.span.share(start, stop) < SHORT_FALL:
        return
    middle = math.sqrt(start * stop) if panel.span.log else (start + stop) / 2
    panel.axes.plot([fall.lam], [middle], "v", color=color, markersize=5, clip_on=False)
    if not any(word.lam == fall.lam and word.text == fall.name for word in panel.words):
        panel.words.append(Word(fall.name, color, fall.lam, (start, stop)))


def _bar(panel: Panel, barrier: curves.Fall, color: str) -> None:
    """A bar with two ends, from sup m to L(W(0)), and by how much they differ."""
    ends = panel.span.shown(np.array([barrier.start, barrier.stop]))
    panel.axes.plot(
        [barrier.lam] * 2, ends, "-", color=color, linewidth=THIN, marker="_", markersize=7
    )
    panel.drawn.append(curves.Polyline(np.full(2, barrier.lam), ends))
    word = f"barrier {number(barrier.start - barrier.stop)}"
    panel.words.insert(0, Word(word, color, barrier.lam, (float(ends[0]), float(ends[1]))))


def _shade(axes: Axes, lam: Array, endless: Array, colors: Palette) -> None:
    """Where c* is infinite, from the middle to the last finite neighbour on each side."""
    edges = np.concatenate([lam[:1], (lam[1:] + lam[:-1]) / 2, lam[-1:]])
    for k in np.flatnonzero(endless):
        axes.axvspan(edges[k], edges[k + 1], color=colors.dim, alpha=0.16, linewidth=0)


def _dressed(panel: Panel, label: str, colors: Palette) -> None:
    """Limits, ticks and colours of a panel."""
    axes = panel.axes
    axes.set_xlim(-ASIDE, 1 + ASIDE)
    if panel.span.log:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=7))
        if panel.span.high / panel.span.low > 10:
            axes.yaxis.set_minor_formatter(NullFormatter())
        else:  # a decade or less: a few plain numbers
            axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 3.0, 5.0, 7.0)))
            axes.yaxis.set_minor_formatter(StrMethodFormatter("{x:g}"))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylim(panel.span.low, panel.span.high)
    axes.set_ylabel(label, color=colors.ink, labelpad=2)
    axes.set_facecolor(colors.background)
    axes.tick_params(which="both", colors=colors.ink, labelsize=SMALL, width=0.6)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colors.dim)
        spine.set_linewidth(0.6)
