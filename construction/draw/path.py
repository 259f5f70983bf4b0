"""The figure of a route: objectives above, scales below, over lambda."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ..errors import InputError
from ..files.storage import ensure_folder, written_whole
from ..record.record import Route
from . import curves
from .labels import Box, Points, free, spread
from .page import EDGE, LEADER, NARROWEST, Page, laid_out
from .panels import Panel, names_of, objective_span, objectives, scale_span, scales
from .style import PALETTES, SMALL, WORDS, Theme, settled
from .words import footer, heading, notes

#: Inches from which names are written in full.
WIDE = 5.0
#: Points between a vertical line and the word beside it.
ASIDE = 5.0
#: Dots an inch of a .png.
DOTS_AN_INCH = 300
#: What each kind of file must not say, for the same record to give the same bytes.
SILENT: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "ModDate": None},
    ".svg": {"Date": None},
    ".png": {"Software": None},
}


def draw(
    route: Route,
    manifest: Mapping[str, Any],
    *,
    profiles: Sequence[str] | None = None,
    theme: Theme = "light",
    width: float = 5.5,
    linear: bool = False,
) -> Figure:
    """Draw a route of a record.

    Above: the objective on the base path (c = 1) and on each constructed path, vertical where c
    alone moves; L(0), L(W(0)), and m(lambda), below which no rescaling reaches; a bar from sup m to
    L(W(0)), the barrier. Below: the scales, and c*(lambda), grey where it is infinite.

    Args:
        route: of a record.
        manifest: the record's; title, seeds.
        profiles: the constructed paths; all of the route when None.
        theme: "light" or "dark".
        width: inches.
        linear: whether the objectives have a linear axis; so they have where one is negative.

    Raises:
        InputError: a profile that the route does not have, or a page too narrow.
    """
    chosen = list(route.journeys) if profiles is None else list(dict.fromkeys(profiles))
    unknown = [name for name in chosen if name not in route.journeys]
    if unknown:
        raise InputError(
            f"a constructed path among {', '.join(route.journeys) or 'none'}",
            repr(unknown[0]),
            "Name those of the record.",
        )
    if not width >= NARROWEST:
        raise InputError(f"a width of at least {NARROWEST} inches", f"{width:g}", "5.5 is usual.")
    with settled():
        return _drawn(route, manifest, chosen, theme, width, linear)


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as its ending says; the same figure gives the same bytes.

    Raises:
        InputError: another ending than .pdf, .svg or .png.
        CacheError: the folder cannot be written.
    """
    kind = path.suffix.lower()
    if kind not in SILENT:
        raise InputError(
            "a figure as .pdf, .svg or .png", repr(str(path)), "Choose one of the endings."
        )
    ensure_folder(path.parent)
    with settled(), written_whole(path) as temporary:
        figure.savefig(temporary, format=kind[1:], metadata=SILENT[kind], dpi=DOTS_AN_INCH)
    return path


def _drawn(
    route: Route,
    manifest: Mapping[str, Any],
    profiles: list[str],
    theme: Theme,
    width: float,
    linear: bool,
) -> Figure:
    paths = [curves.constructed(route, name) for name in profiles]
    names = names_of(profiles, width >= WIDE)
    colors, spans = (
        PALETTES[theme],
        (objective_span(route, paths, linear), scale_span(route, paths)),
    )
    page = laid_out(
        width,
        ["$L(W(0))$", r"$c^*(\lambda)$", *names.values()],
        heading(route),
        footer(manifest, route, profiles, notes(route, *spans)),
        colors,
    )
    upper = objectives(page.upper, route, paths, names, colors, spans[0])
    lower = scales(page.lower, route, paths, names, colors, spans[1])
    for panel in (upper, lower):
        _name(page, panel)
    _write_inside(page, upper)
    return page.figure


def _name(page: Page, panel: Panel) -> None:
    """The names of the curves in the right margin, each joined to the end of its curve."""
    box, names = page.panel(panel.axes), panel.names
    heights = _points(page, panel, np.array([[1.0, name.height] for name in names]))[:, 1].tolist()
    room = 1.35 * WORDS
    placed = spread(heights, room, box.bottom + room / 2, box.top - room / 2)
    for name, height, middle in zip(names, heights, placed, strict=True):
        left = box.right + LEADER
        page.draw_line((box.right + 1, height), (left - 2, middle), name.color)
        page.write(name.words, Box(left, middle, page.width - EDGE, middle), WORDS, name.color)


def _write_inside(page: Page, panel: Panel) -> None:
    """Name barrier and vertical phases beside them, where there is room."""
    taken: list[Box] = []
    lines = [_points(page, panel, np.column_stack([one.lam, one.value])) for one in panel.drawn]
    for word in panel.words:
        ends = _points(page, panel, np.array([[word.lam, one] for one in word.ends]))
        places = _beside(ends, page.measure(word.text, SMALL))
        box = free(places, page.panel(panel.axes), taken, lines)
        if box is not None:
            page.write(word.text, box, SMALL, word.color)
            taken.append(box)


def _beside(ends: Points, size: tuple[float, float]) -> Iterator[Box]:
    """Places to the right and left of a vertical line, from its middle outwards."""
    (x, start), (_, stop) = ends
    for share in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9):
        y = start + share * (stop - start)
        for left in (x + ASIDE, x - ASIDE - size[0]):
            yield Box(left, y - size[1] / 2, left + size[0], y + size[1] / 2)


def _points(page: Page, panel: Panel, corners: Points) -> Points:
    """Corners on the axes as points on the page; those that are not finite are left out."""
    known = corners[np.isfinite(corners).all(axis=1)]
    placed: Points = panel.axes.transData.transform(known)
    return placed
