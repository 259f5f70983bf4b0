"""What Proposition 1 states, what was measured here, and why they differ: of a study."""

from __future__ import annotations

from collections.abc import Iterable

from .counted import Probability
from .study import Study

STATED = (
    "Stated (Safran & Shamir 2016, arXiv 1511.04210, Proposition 1; no figure is published): with "
    "independent, spherically symmetric weights and squared or cross-entropy loss, "
    "P[L(W(0)) > L(0)] is at least (1/2)(1 - 2^-n), n the width of the last hidden layer."
)
WHY = (
    "They differ as the bound counts one network of each pair of W and the same with its last "
    "layer negated, as convexity says that not both are below L(0). Where the outputs are large "
    "beside the targets both are above; where they are small it is one of the two, and the bound "
    "is nearly met. One sample with a far target attains it."
)


def caption(study: Study) -> str:
    """A few sentences with the numbers of the study."""
    one = study.measured[0]
    covered = [one for one in study.measured if one.covered]
    others = [one for one in study.measured if not one.covered]
    told = [
        STATED,
        f"Measured here: the share of {one.networks:,} random networks a point, with exact "
        f"intervals of {100 * one.confidence:g} % each.",
    ]
    if covered:
        told.append(f"Where the proposition speaks, {_told(covered)}.")
    if others:
        names = " and ".join(dict.fromkeys(one.initialisation for one in others))
        told.append(f"Outside it ({names}, whose laws are uniform), {_told(others)}.")
    return " ".join([*told, WHY])


def nearest(measured: Iterable[Probability]) -> Probability:
    """The one that is least above its bound."""
    return min(measured, key=lambda one: one.value - one.bound)


def _told(measured: list[Probability]) -> str:
    verdicts = [one.verdict for one in measured]
    above, around, below = (verdicts.count(word) for word in ("above", "around", "below"))
    least = nearest(measured)
    low, high = least.interval
    return (
        f"{above} of {len(measured)} intervals lie above the bound, {around} around it and {below} "
        f"below it; nearest is {least.value:.3f} "
        f"[{low:.3f}, {high:.3f}] beside {least.bound:.3f} ({least.initialisation}, "
        f"{least.loss.replace('_', '-')}, {samples(least.samples)}, n = {least.width})"
    )


def samples(count: int) -> str:
    """So many samples in words.

    >>> samples(1), samples(200)
    ('1 sample', '200 samples')
    """
    return f"{count} sample{'' if count == 1 else 's'}"
