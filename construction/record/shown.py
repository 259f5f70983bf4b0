"""How a constructed path shows itself: two lines, a table of its numbers, a page for notebooks.

Needs neither torch nor matplotlib, so that a record is shown without them.
"""

from collections.abc import Mapping
from html import escape

import numpy as np

from ..answers import Conditions
from ..arrays import Array
from ..draw.spans import Span, spanned
from ..palette import LIGHT
from ..sheet.sheet import Sheet
from ..solve.phases import s_of
from .route import Journey

#: Pixels: width and height of the curves with the margin around them, and of the names beside.
WIDE, HIGH, MARGIN, NAMES = 420, 200, 24, 150
#: Columns of the table of conditions.
COLUMNS = ("condition", "holds", "value", "bound", "margin", "at λ", "verdict")


def in_words(sheet: Sheet, journey: Journey, conditions: Conditions) -> str:
    """Verdict and what was proved, then how far c goes with both answers; one line each."""
    return f"{_standing(journey)}\n{_reach(sheet, journey)}; {answers(conditions)}"


def _standing(journey: Journey) -> str:
    check = journey.certificate
    standing = "not checked, certify() does" if check is None else check.verdict
    if check is not None and check.proof is not None:
        exists = check.proof.path_exists
        standing += "; a decreasing path is proved to exist" if exists else "; no path is proved"
    return f"profile {journey.profile!r}: {standing}"


def _reach(sheet: Sheet, journey: Journey) -> str:
    (low, high), empirical = journey.scale_range, sheet.value(1.0)
    ends = f"objective from {empirical[0]:.4g} to {empirical[-1]:.4g}"
    return f"c from {low:.4g} to {high:.4g}, {ends}"


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


def in_html(
    name: str, sheet: Sheet, conditions: Conditions, journeys: Mapping[str, Journey]
) -> str:
    """Both answers, the conditions with their values, and the objectives as a small picture."""
    paths = [f"{_standing(one)}; {_reach(sheet, one)}" for one in journeys.values()]
    rows = []
    for one in filter(None, vars(conditions).values()):
        numbers = [f"{x:.5g}" for x in (one.value, one.bound, one.margin, one.where)]
        rows.append([one.name, one.answer, *numbers, one.verdict])
    cells = "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in rows)
    return (
        f"<p><b>{escape(name)}</b>. Does the theorem apply? <b>{conditions.theorem_answer}</b>. "
        "Does this sheet hold a strictly decreasing path? "
        f"<b>{conditions.path_answer}</b>.</p>"
        + "".join(f"<p>{escape(path)}</p>" for path in paths)
        + f"<table><tr>{''.join(f'<th>{c}</th>' for c in COLUMNS)}</tr>{cells}</table>"
        + _picture(sheet, journeys)
    )


def _picture(sheet: Sheet, journeys: Mapping[str, Journey]) -> str:
    """Objectives over lambda as SVG: the base path's, and those of constructed paths."""
    empirical = sheet.value(1.0)
    curves = [("base path, c = 1", LIGHT.empirical, sheet.lam, empirical)]
    for name, journey in journeys.items():
        # both ends of the path stand on those of the base path, wherever c alone moves there
        lam = np.concatenate([[0.0], sheet.lam, [1.0]])
        objective = np.concatenate([empirical[:1], journey.objective, empirical[-1:]])
        color = LIGHT.valley if name == "valley" else LIGHT.constructed
        curves.append((f"constructed, {name}", color, lam, objective))
    span = spanned([curve[3] for curve in curves], log=True)
    below = f'y="{HIGH - 6}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE + NAMES}" height="{HIGH}"',
        f'role="img" font-family="sans-serif" font-size="11" fill="{LIGHT.ink}">',
        "<title>The objective over lambda</title>",
        f'<rect width="100%" height="100%" fill="{LIGHT.background}"/>',
        f'<text x="4" y="14">{span.high:.3g} ({"log scale" if span.log else "linear"})</text>',
        f'<text x="4" {below}>{span.low:.3g}</text><text x="{WIDE - MARGIN}" {below}>λ = 1</text>',
    ]
    for k, (name, color, lam, values) in enumerate(curves):
        places = _places(lam, values, span)
        parts += [
            f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{places}"/>',
            f'<text x="{WIDE}" y="{16 * k + MARGIN}" fill="{color}">{escape(name)}</text>',
        ]
    return " ".join([*parts, "</svg>"])


def _places(lam: Array, values: Array, span: Span) -> str:
    """Corners of a polyline in pixels; values that the axis does not show are left out."""
    shown = span.shown(values)
    known = np.isfinite(shown)
    ends = np.array([span.low, span.high])
    low, high = np.log(ends) if span.log else ends
    height = ((np.log(shown[known]) if span.log else shown[known]) - low) / (high - low)
    across = MARGIN + lam[known] * (WIDE - 2 * MARGIN)
    down = HIGH - MARGIN - height * (HIGH - 2 * MARGIN)
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
