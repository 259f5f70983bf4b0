"""The figure of lines of weights: objective and error over alpha, a row each network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter

from ...arrays import Array
from ...draw.captioned import Entry, captioned
from ...draw.spans import Span, spanned
from ...draw.style import DOTS, LONG, NORMAL, PALETTES, SHORT, SOLID, THICK, THIN, Theme, settled
from ...palette import Palette
from ...record.findings import Findings
from .words import STARTS, lines

#: Height of a panel over its width.
RATIO = 0.42
#: Opacity of the lines of other seeds than the first, and of what no rescaling reaches.
FAINT, SHADE = 0.4, 0.16

Styles = Mapping[str, Mapping[str, Any]]


def draw(findings: Findings, *, theme: Theme = "light", width: float = 5.5) -> Figure:
    """Draw every line: of training the first seed thick and the others thin, of test the first.

    Left the objective, logarithmic, with L(0) and, on [0, 1], m and the constructed paths of the
    first seed; below the grey no rescaling of the last layer reaches. Right the error.

    Args:
        findings: of `construction.experiments.interpolation.measure`.
        theme: "light" or "dark".
        width: inches.

    Raises:
        InputError: a page too narrow.
    """
    colors = PALETTES[theme]
    parts = lines(findings)
    styles = _styles(colors)
    names = {
        "train": "train",
        "others": "train, other seeds",
        "test": "test",
        "zero": "L(0), the zero predictor",
        "even": "constructed: the theorem's",
        "valley": "constructed: the valley",
        "minimum": r"$m(\alpha)$, least over all scales",
    }
    drawn = [name for name in names if name not in ("even", "valley") or _any(parts, name)]
    titles = []
    for part in parts.values():
        label = part.manifest["label"] + STARTS[part.manifest["start"]].suffix
        titles += [label, "error"]
    with settled():
        figure, axes = captioned(
            width,
            titles,
            RATIO,
            heading=findings.manifest["title"],
            key=[Entry(names[name], dict(styles[name])) for name in drawn],
            caption=findings.manifest["caption"],
            colors=colors,
        )
        objective = spanned([shown for part in parts.values() for shown in _shown(part)], log=True)
        for part, left, right in zip(parts.values(), axes[::2], axes[1::2], strict=True):
            _objectives(left, part, styles, objective, colors)
            _errors(right, part, styles)
        for panel in axes:
            panel.set_xlabel(r"$\alpha$")
    return figure


def _any(parts: Mapping[str, Findings], name: str) -> bool:
    return any(name in part.arrays for part in parts.values())


def _shown(part: Findings) -> list[Array]:
    """The objectives that the axis is for; where m is lower, it is drawn at the lower end."""
    return [part[name] for name in ("train_objective", "test_objective")]


def _styles(colors: Palette) -> dict[str, dict[str, Any]]:
    """Colour, width and dashes of each curve, in the order of the key."""
    return {
        "train": {"color": colors.empirical, "linewidth": THICK, "linestyle": SOLID},
        "others": {"color": colors.empirical, "linewidth": THIN, "alpha": FAINT},
        "test": {"color": colors.ink, "linewidth": NORMAL, "linestyle": DOTS},
        "zero": {"color": colors.zero, "linewidth": THIN, "linestyle": SHORT},
        "even": {"color": colors.constructed, "linewidth": NORMAL, "linestyle": LONG},
        "valley": {"color": colors.valley, "linewidth": NORMAL, "linestyle": SOLID},
        "minimum": {"color": colors.dim, "linewidth": THIN, "linestyle": SOLID},
    }


def _objectives(axes: Axes, part: Findings, styles: Styles, span: Span, colors: Palette) -> None:
    alpha, least = part["alpha"], span.shown(part["minimum"][0])
    inside = alpha[: len(least)]
    axes.fill_between(
        inside, np.full_like(least, span.low), least, color=colors.dim, alpha=SHADE, linewidth=0
    )
    axes.plot(inside, least, **styles["minimum"])
    axes.axhline(part.manifest["zero"], **styles["zero"])
    for values in part["train_objective"][1:]:
        axes.plot(alpha, span.shown(values), **styles["others"])
    for name in ("even", "valley"):
        if name in part.arrays:
            lam, height = part[name].T
            axes.plot(lam, span.shown(height), **styles[name])
    axes.plot(alpha, span.shown(part["test_objective"][0]), **styles["test"])
    axes.plot(alpha, span.shown(part["train_objective"][0]), **styles["train"])
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(span.low, span.high)
    axes.set_ylabel("objective (log scale)")


def _errors(axes: Axes, part: Findings, styles: Styles) -> None:
    for values in part["train_error"][1:]:
        axes.plot(part["alpha"], values, **styles["others"])
    axes.plot(part["alpha"], part["test_error"][0], **styles["test"])
    axes.plot(part["alpha"], part["train_error"][0], **styles["train"])
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
