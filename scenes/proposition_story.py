"""From a study of Proposition 1 to what a scene shows: pure functions, no manim."""

from __future__ import annotations

from construction.experiments.proposition.counted import SPHERICAL, Probability
from construction.experiments.proposition.study import Study
from construction.experiments.proposition.words import nearest, samples


def panels(study: Study) -> list[tuple[str, int]]:
    """Loss and number of samples of each panel: every loss at the fewest samples."""
    fewest = min(count for _, _, count in study.curves)
    return list(dict.fromkeys((loss, fewest) for _, loss, _ in study.curves))


def title(loss: str, count: int) -> str:
    """Of a panel.

    >>> title("cross_entropy", 1)
    'cross-entropy, 1 sample'
    """
    return f"{loss.replace('_', '-')}, {samples(count)}"


def initialisations(study: Study) -> list[str]:
    """Those that the proposition speaks of first."""
    names = list(dict.fromkeys(name for name, _, _ in study.curves))
    return sorted(names, key=lambda name: name not in SPHERICAL)


def verdicts(study: Study) -> list[tuple[str, str]]:
    """How many intervals lie where, as pairs of what was measured and how many of how many."""
    rows = []
    for covered, what in ((True, "symmetric weights"), (False, "uniform weights, outside it")):
        found = [one for one in study.measured if one.covered == covered]
        for word in ("above", "around", "below"):
            count = sum(one.verdict == word for one in found)
            if count or (covered and word == "below"):
                rows.append((f"{what}: intervals {word} the bound", f"{count} of {len(found)}"))
    return rows


def closest(study: Study) -> Probability:
    """The least above its bound, of those that the proposition speaks of."""
    return nearest(one for one in study.measured if one.covered)


def footer(study: Study) -> str:
    """What one sees."""
    return f"{study.manifest['title']} · {study.measured[0].networks:,} networks a point"


def bars(study: Study) -> str:
    """What the bars are.

    >>> from construction.experiments.proposition.counted import Probability
    >>> bars(Study((Probability("squared", "he", (1, 1, 1), 1, 10, 0, 5, 0.95),)))
    'Bars: exact intervals of 95 % each.'
    """
    return f"Bars: exact intervals of {100 * study.measured[0].confidence:g} % each."
