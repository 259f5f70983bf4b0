"""The record: all that was measured, solved and checked, in one file, without the network.

A record holds routes, each a base path with its sheet; a route holds journeys, each a constructed
path on that sheet. Scenes read nothing else; `construction.files.archive` says how it lies on disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..answers import Conditions
from ..arrays import Array
from ..errors import InputError, RecordError, door, reading, require_one_of
from ..files import archive
from ..sheet.sheet import Sheet
from ..solve.phases import s_of
from .route import Journey, Route, restored_route, route_arrays, route_entry, sheet_arrays

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Inches: width of the figure on the page.
WIDE = 4.5
#: Columns of the table of conditions.
COLUMNS = ("condition", "holds", "value", "bound", "margin", "at λ", "verdict")


@dataclass(frozen=True)
class Record:
    """Routes, and a manifest that says how they came about.

    Attributes:
        routes: in the order in which they are shown.
        manifest: what made them, as plain JSON values: title, settings, versions, checksums.
    """

    routes: tuple[Route, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def route(self, name: str) -> Route:
        """The route of that name.

        Raises:
            InputError: there is none.
        """
        routes = {route.name: route for route in self.routes}
        require_one_of(routes, name, "a route")
        return routes[name]

    @door()
    def chosen(
        self, route: str | None = None, profiles: Sequence[str] | None = None
    ) -> tuple[Route, list[str]]:
        """A route, the first when None, and some of its profiles, all of them when None.

        Raises:
            InputError: a route that the record, or a profile that the route does not have.
        """
        shown = self.routes[0] if route is None else self.route(route)
        names = list(shown.journeys) if profiles is None else list(dict.fromkeys(profiles))
        for name in names:
            require_one_of(shown.journeys, name, "a constructed path")
        return shown, names

    @door()
    def plot(
        self,
        route: str | None = None,
        profiles: Sequence[str] | None = None,
        *,
        linear: bool = False,
        theme: Literal["light", "dark"] = "light",
        width: float = 5.5,
    ) -> "Figure":
        """A figure of a route, as `construction.record.figure.draw` makes it; needs matplotlib.

        Route and profiles are as for `chosen`, the other options as there.

        Raises:
            InputError: see `chosen`; and for a page too narrow.
        """
        from .figure import draw

        return draw(*self.chosen(route, profiles), linear=linear, theme=theme, width=width)

    def table(self, route: str | None = None, profile: str | None = None) -> dict[str, Array]:
        """The numbers of a constructed path by name, ready for ``pandas.DataFrame``.

        Args:
            route, profile: the first ones when None; of a route without paths the base path's.

        Raises:
            InputError: see `chosen`.
        """
        shown, names = self.chosen(route, None if profile is None else [profile])
        return table(shown.sheet, shown.journeys[names[0]] if names else None)

    def __repr__(self) -> str:
        """Title and routes, with the two lines of `in_words` for each path."""
        lines = [f"Record {self.manifest['title']!r}" if "title" in self.manifest else "Record"]
        for route in self.routes:
            lines.append(f"{route.name}, {len(route.sheet.lam)} lambdas")
            lines += [
                in_words(route.sheet, one, route.conditions) for one in route.journeys.values()
            ]
            if not route.journeys:
                lines.append(answers(route.conditions))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return "".join(map(in_html, self.routes))

    @door()
    def save(self, path: str | Path) -> Path:
        """Write the record whole, or nothing.

        Raises:
            CacheError: the folder cannot be written.
            InputError: an array holds NaN or infinity, which `load` would refuse.
        """
        arrays = {key: array for one in self.routes for key, array in route_arrays(one).items()}
        routes = [route_entry(route) for route in self.routes]
        return archive.write(Path(path), arrays, {**self.manifest, "routes": routes})

    @classmethod
    @door()
    def load(cls, path: str | Path) -> "Record":
        """Read a record and check it.

        Raises:
            RecordError: it is missing, damaged, truncated, of another format, or no record.
        """
        arrays, manifest = archive.read(Path(path), "routes")
        with reading(f"a whole record at {path}", RecordError, archive.AGAIN):
            entries = manifest.pop("routes")
            routes = tuple(restored_route(entry, arrays) for entry in entries)
            if len({route.name for route in routes}) != len(entries) or not entries:
                raise ValueError("no routes, or two of one name")
        return cls(routes, manifest)

    def described(self, **entries: Any) -> "Record":
        """The same record with more entries in its manifest."""
        return replace(self, manifest={**self.manifest, **entries})


def joined(records: Sequence[Record]) -> Record:
    """One record of several; journeys on routes of the same name come together.

    Raises:
        InputError: routes of the same name with different sheets.
    """
    routes: dict[str, Route] = {}
    for record in records:
        for route in record.routes:
            earlier = routes.get(route.name, route)
            one, other = earlier.sheet, route.sheet
            if type(one) is not type(other) or not all(
                np.array_equal(getattr(one, key), getattr(other, key))
                for key in ("d", *sheet_arrays(type(one)))
            ):
                raise InputError(
                    f"one sheet for the route {route.name!r}",
                    "two that differ",
                    "Name one of them otherwise: result.record(name=...).",
                )
            routes[route.name] = replace(
                earlier,
                journeys={**earlier.journeys, **route.journeys},
                sample=earlier.sample or route.sample,
            )
    return Record(tuple(routes.values()))


def in_words(sheet: Sheet, journey: Journey, conditions: Conditions) -> str:
    """Verdict and what was proved, then how far c goes with both answers; one line each."""
    return f"{_standing(sheet, journey)}; {answers(conditions)}"


def _standing(sheet: Sheet, journey: Journey) -> str:
    check, (low, high), empirical = journey.certificate, journey.scale_range, sheet.value(1.0)
    standing = "not checked, certify() does" if check is None else check.verdict
    if check is not None and check.proof is not None:
        exists = check.proof.path_exists
        standing += "; a decreasing path is proved to exist" if exists else "; no path is proved"
    ends = f"objective from {empirical[0]:.4g} to {empirical[-1]:.4g}"
    return f"profile {journey.profile!r}: {standing}\nc from {low:.4g} to {high:.4g}, {ends}"


def answers(conditions: Conditions) -> str:
    """The answers to both questions, in one line."""
    return (
        f"the theorem applies: {conditions.theorem_answer}; a decreasing path on this sheet: "
        f"{conditions.path_answer}"
    )


def table(sheet: Sheet, journey: Journey | None) -> dict[str, Array]:
    """The curves by name, (points,) each: lam, empirical, m and c*; s and those of a journey."""
    curves = {"lam": sheet.lam}
    if journey is not None:
        curves["s"] = np.array([s_of(journey.phases, float(lam)) for lam in sheet.lam])
        curves |= {key: getattr(journey, key) for key in ("scale", "target", "objective")}
    curves["empirical"] = sheet.value(1.0)
    return curves | {"minimum": sheet.minimum, "best_scale": sheet.best_scale}


def in_html(route: Route) -> str:
    """Both answers, the conditions with their values, and the figure."""
    conditions = route.conditions
    paths = [_standing(route.sheet, one).replace("\n", "; ") for one in route.journeys.values()]
    rows = []
    for one in filter(None, vars(conditions).values()):
        numbers = [f"{x:.5g}" for x in (one.value, one.bound, one.margin, one.where)]
        rows.append([one.name, one.answer, *numbers, one.verdict])
    cells = "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in rows)
    return (
        f"<p><b>{escape(route.name)}</b>. Does the theorem apply? "
        f"<b>{conditions.theorem_answer}</b>. Does this sheet hold a strictly decreasing path? "
        f"<b>{conditions.path_answer}</b>.</p>"
        + "".join(f"<p>{escape(path)}</p>" for path in paths)
        + f"<table><tr>{''.join(f'<th>{c}</th>' for c in COLUMNS)}</tr>{cells}</table>"
        + _picture(route)
    )


def _picture(route: Route) -> str:
    from ..draw.figure import settled  # imported late: words need no matplotlib
    from .figure import draw

    picture = StringIO()
    with settled():
        draw(route, list(route.journeys), width=WIDE).savefig(picture, format="svg")
    return picture.getvalue().partition("<!DOCTYPE")[2].partition(">")[2]
