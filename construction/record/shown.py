"""How a constructed path shows itself: two lines, a table of its numbers, a page for notebooks.

Needs no torch, and matplotlib for a picture alone, so that a record is shown without them.
"""

from html import escape
from importlib.util import find_spec
from io import StringIO

import numpy as np

from ..answers import Conditions
from ..arrays import Array
from ..sheet.sheet import Sheet
from ..solve.phases import s_of
from .route import Journey, Route

#: Inches: width of the figure on the page.
WIDE = 4.5
#: Columns of the table of conditions.
COLUMNS = ("condition", "holds", "value", "bound", "margin", "at λ", "verdict")


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
    """The curves over the grid by name, (points,) each.

    Args:
        sheet: its lam, and on it ``empirical`` (c = 1), ``minimum`` (m) and ``best_scale`` (c*).
        journey: besides, its s, scale, target and objective; of none with None.
    """
    curves = {"lam": sheet.lam}
    if journey is not None:
        curves["s"] = np.array([s_of(journey.phases, float(lam)) for lam in sheet.lam])
        curves |= {key: getattr(journey, key) for key in ("scale", "target", "objective")}
    curves["empirical"] = sheet.value(1.0)
    return curves | {"minimum": sheet.minimum, "best_scale": sheet.best_scale}


def in_html(route: Route) -> str:
    """Both answers, the conditions with their values, and the figure where matplotlib is there."""
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
        + (_picture(route) if find_spec("matplotlib") else "")
    )


def _picture(route: Route) -> str:
    from ..draw.figure import settled  # imported late: words need no matplotlib
    from .figure import draw

    picture = StringIO()
    with settled():
        draw(route, list(route.journeys), width=WIDE).savefig(picture, format="svg")
    return picture.getvalue().partition("<!DOCTYPE")[2].partition(">")[2]
