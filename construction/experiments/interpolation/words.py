"""What was published, what was measured here, and why they differ: of lines of weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...record.findings import Findings
from .numbers import Numbers, lines, numbers

#: Read off figure 1 of Goodfellow et al. 2014, ReLUs on MNIST, to about 0.02: the objective at
#: alpha 0 and 1, where the validation objective is least, and that at the last alpha.
READ_OFF = {"initial": 2.30, "final": 0.01, "least": 0.7, "last": 1.9, "validation": 0.64}


def told(part: Findings) -> str:
    """One line of a part: its metrics, medians over the seeds but for the largest rise."""
    found = numbers(part)
    return (
        f"{found.label}: {found.initial:.3g} -> {found.final:.3g}, L(0) {found.zero:.3g}, test "
        f"error {found.test_error:.1%}; largest rise {found.rise:.2g}, monotone {found.monotone} "
        f"of {found.lines}, barrier {found.barrier:.2g} (of m {found.least_barrier:.2g}), bulge "
        f"{found.bulge:.2g}, convex {found.convex} of {found.lines}, plateau {found.plateau:.2f}; "
        f"theorem {found.theorem} of {found.lines}, path {found.path} of {found.lines}"
    )


def finding(findings: Findings) -> str:
    """What the lines of each kind of start show, in a few sentences."""
    found = [numbers(part) for part in lines(findings).values()]
    told_of = {"initial": _from_weights, "random": _from_weights, "solution": _between}
    starts = dict.fromkeys(one.start for one in found)
    return " ".join(
        told_of[start]([one for one in found if one.start == start]) for start in starts
    )


def caption(findings: Findings, data: str) -> str:
    """The comparison with the published figure where there is one, and the finding.

    Args:
        findings: with their `lines`.
        data: name of the data set.
    """
    relu = next(
        (
            part
            for part in lines(findings).values()
            if part.manifest["kind"] == "relu" and part.manifest["start"] == "initial"
        ),
        None,
    )
    compared = "" if relu is None else _beside_published(relu, data)
    return f"{compared}{finding(findings)} {_how(findings)}"


def _beside_published(part: Findings, data: str) -> str:
    found, alpha = numbers(part), part["alpha"]
    test = part["test_objective"][0]
    least = int(test.argmin())
    unit = "cross-entropy" if found.loss == "cross_entropy" else "the squared loss"
    drawn = (
        ""
        if found.loss == "cross_entropy"
        else ", and another loss from larger initial weights, which begins high above L(0)"
    )
    return (
        "Published (Goodfellow et al. 2014, arXiv 1412.6544, figure 1; read off): a network of "
        f"ReLUs on MNIST falls from {READ_OFF['initial']:.1f} to about {READ_OFF['final']:g}, "
        f"its validation objective is least near alpha = {READ_OFF['least']:g} and climbs to "
        f"{READ_OFF['validation']:g} at {READ_OFF['last']:g}. Measured here: {found.label} under "
        f"{unit} falls from {found.initial:.3g} to {found.final:.2g} (medians of "
        f"{found.lines} seeds); the test objective of the first seed is least at alpha = "
        f"{alpha[least]:g}, {test[least]:.2g}, and is {test[-1]:.2g} at {alpha[-1]:g}. They differ "
        f"by the data ({data} for all of MNIST, test for validation), by the size and training of "
        f"the network{drawn}. The published axis is linear, which hides the last two decades. "
    )


def _from_weights(found: Sequence[Numbers]) -> str:
    """Lines from initial weights, those that training began with or others."""
    count, monotone = (sum(getattr(one, key) for one in found) for key in ("lines", "monotone"))
    convex, theorem, path, covered = (
        sum(getattr(one, key) for one in found) for key in ("convex", "theorem", "path", "covered")
    )
    worst = max(found, key=lambda one: one.rise)
    longest, shortest = (pick(found, key=lambda one: one.plateau) for pick in (max, min))
    start = "the initial weights" if found[0].start == "initial" else "unrelated random weights"
    rise = f"; the largest rise is {worst.rise:.2g} ({worst.label})" if monotone < count else ""
    way = _range([(f"{one.plateau:.0%}", one.label) for one in (shortest, longest)])
    first, last = (pick(found, key=lambda one: one.lowest) for pick in (min, max))
    lowest = _range([(f"{one.lowest:g}", one.label) for one in (first, last)])
    return (
        f"From {start} the training objective falls monotonically, but for rounding, on "
        f"{monotone} of {count} lines{rise}. {convex} of {count} are convex. The first tenth of "
        f"the drop takes {way} of the way; the objective is least at alpha = {lowest}. Condition 2 "
        f"holds on {covered} of {count} lines, the whole theorem applies to {theorem}, and the "
        f"sheet holds a decreasing path on {path}."
    )


def _range(ends: Sequence[tuple[str, str]]) -> str:
    """From the least to the largest value, each with whose it is; one alone where they are equal.

    >>> _range([("1", "MLP"), ("1.1", "LSTM")]), _range([("1", "MLP"), ("1", "LSTM")])
    ('1 (MLP) to 1.1 (LSTM)', '1')
    """
    (least, first), (largest, last) = ends
    return least if least == largest else f"{least} ({first}) to {largest} ({last})"


def _between(found: Sequence[Numbers]) -> str:
    """Lines between two solutions."""
    count = sum(one.lines for one in found)
    barriers = ", ".join(f"{one.barrier:.2g} ({one.label})" for one in found)
    left = [one.least_barrier / one.barrier for one in found if one.barrier > 0]
    rest = (
        f"The best rescaling at each alpha leaves {np.median(left):.0%} of that barrier, and the"
        if left
        else "The"
    )
    monotone, path = (sum(getattr(one, key) for one in found) for key in ("monotone", "path"))
    return (
        f"Between two solutions the training objective falls monotonically on {monotone} of "
        f"{count} lines; over the chord it rises by {barriers}. {rest} sheet holds a "
        f"decreasing path on {path}."
    )


def _how(findings: Findings) -> str:
    first = next(iter(lines(findings).values()))
    return (
        f"Shapes are of the polyline through {(first['alpha'] <= 1).sum()} points, conditions are "
        "checked there, and the constructed paths are solved there, for the first seed; none is "
        "certified here."
    )
