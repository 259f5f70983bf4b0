"""The figure of a study of Proposition 1: the measured probability and the bound over the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

from ...draw.captioned import Entry, captioned
from ...draw.style import DOTS, LONG, MIXED, NORMAL, PALETTES, SHORT, SOLID, THIN, Theme, settled
from ...palette import Palette
from .counted import SPHERICAL, Probability
from .study import Study
from .words import samples

#: Height of a panel over its width.
RATIO = 0.6


def draw(study: Study, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw the probability over the width: a panel each loss and number of samples.

    Bars are the exact intervals. Hollow markers are initialisations that the proposition does not
    speak of.

    Args:
        study: of `construction.experiments.proposition.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    asked = list(dict.fromkeys((loss, count) for _, loss, count in study.curves))
    names = list(dict.fromkeys(name for name, _, _ in study.curves))
    styles = _styles(names, colors)
    bound = {"color": colors.ink, "linewidth": THIN, "linestyle": SHORT}
    key = [Entry("bound of the proposition", bound)]
    key += [
        Entry(f"{name}{'' if name in SPHERICAL else ' (outside it)'}", styles[name])
        for name in names
    ]
    with settled():
        figure, axes = captioned(
            width,
            [f"{loss.replace('_', '-')}, {samples(count)}" for loss, count in asked],
            RATIO,
            heading=study.manifest["title"],
            key=key,
            caption=study.manifest["caption"],
            colors=colors,
        )
        for (loss, count), panel in zip(asked, axes, strict=True):
            for name in names:
                _curve(panel, study.curve(name, loss, count), styles[name])
            one = study.curve(names[0], loss, count)
            panel.plot([p.width for p in one], [p.bound for p in one], **bound)
            _dressed(panel, [p.width for p in one])
    return figure


def _styles(names: Sequence[str], colors: Palette) -> dict[str, dict[str, Any]]:
    """Colour, dashes and marker of each initialisation, hollow outside the proposition."""
    roles = (
        (colors.empirical, SOLID, "o"),
        (colors.constructed, LONG, "s"),
        (colors.valley, MIXED, "^"),
        (colors.zero, DOTS, "D"),
        (colors.dim, SOLID, "v"),
    )
    return {
        name: {
            "color": color,
            "linestyle": dashes,
            "linewidth": NORMAL if name in SPHERICAL else THIN,
            "marker": marker,
            "markersize": 3.5,
            "markerfacecolor": color if name in SPHERICAL else colors.background,
        }
        for name, (color, dashes, marker) in zip(names, roles, strict=False)
    }


def _curve(axes: Axes, curve: Sequence[Probability], style: dict[str, Any]) -> None:
    width, value = [p.width for p in curve], np.array([p.value for p in curve])
    low, high = np.array([p.interval for p in curve]).T
    axes.errorbar(width, value, [value - low, high - value], elinewidth=THIN, capsize=1.5, **style)


def _dressed(axes: Axes, widths: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(list(widths)[::2]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("width $n$ of the last hidden layer (log scale)")
    axes.set_ylabel("$P\\,[L(W(0)) > L(0)]$")
