"""What was counted for Proposition 1, beside its bound, in numbers and words; needs no torch.

The findings count (initialisations, widths, losses, numbers of samples) networks ``above``, with
L(W) > L(0), and ``neither``, with this true neither of W nor of its mirror image, as the outputs
vanish or tell no class from another. The manifest names the entries of each axis.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from ...arrays import Array
from ...record.findings import Findings
from ..claims import of_all

#: Initialisations whose neurons have independent, spherically symmetric weights and no bias.
SPHERICAL = ("he", "small", "sphere")

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


def interval(above: ArrayLike, networks: int, confidence: float) -> tuple[Array, Array]:
    """Both ends of the exact interval of each probability (Clopper and Pearson, Biometrika 1934).

    So many of the networks drawn were above, of any shape; it contains the probability with the
    confidence, at least.

    >>> interval([0, 10], 10, 0.95)
    (array([0.        , 0.69150289]), array([0.30849711, 1.        ]))
    """
    k, n, tail = np.asarray(above), networks, (1 - confidence) / 2
    low = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return low, high


class ShareCurve(NamedTuple):
    """The share of networks above the zero predictor, over the width n of the last hidden layer.

    Attributes:
        initialisation, loss: their names.
        samples: on which the objective is taken.
        width: n, (widths,).
        bound: ``(1/2) (1 - 2^-n)``, (widths,).
        share: of the networks that are above, (widths,).
        interval: both ends of each share's, see `interval`, (widths,) each.
        verdicts: where each interval lies: "above", "around" or "below" the bound.
    """

    initialisation: str
    loss: str
    samples: int
    width: Array
    bound: Array
    share: Array
    interval: tuple[Array, Array]
    verdicts: list[str]

    @property
    def covered(self) -> bool:
        """Whether the proposition speaks of this initialisation and loss."""
        return self.initialisation in SPHERICAL and self.loss in ("squared", "cross_entropy")

    @property
    def nearest(self) -> int:
        """Index of the width at which the share is least above its bound."""
        return int(np.argmin(self.share - self.bound))

    @property
    def title(self) -> str:
        """Loss and samples, as "cross-entropy, 1 sample"."""
        plural = "" if self.samples == 1 else "s"
        return f"{self.loss.replace('_', '-')}, {self.samples} sample{plural}"

    def estimate(self, k: int) -> str:
        """The share at the k-th width with its interval, as "0.479 [0.436, 0.523]"."""
        low, high = self.interval
        return f"{self.share[k]:.3f} [{low[k]:.3f}, {high[k]:.3f}]"


def curves(findings: Findings) -> list[ShareCurve]:
    """All curves, by initialisation, loss and number of samples."""
    entries, found = findings.manifest, []
    width = np.array([widths[-2] for widths in entries["widths"]])
    bound = (1 - 0.5**width) / 2
    axes = [list(enumerate(entries[name])) for name in ("initialisations", "losses", "samples")]
    for (i, initialisation), (j, loss), (k, samples) in product(*axes):
        above, networks = findings["above"][i, :, j, k], entries["networks"]
        low, high = interval(above, networks, entries["confidence"])
        verdicts = np.where(low > bound, "above", np.where(high < bound, "below", "around"))
        numbers = bound, above / networks, (low, high), verdicts.tolist()
        found.append(ShareCurve(initialisation, loss, samples, width, *numbers))
    return found


def verdict_counts(some: Sequence[ShareCurve]) -> dict[str, int]:
    """How many intervals lie "above", "around" and "below" the bound."""
    verdicts = [verdict for one in some for verdict in one.verdicts]
    return {word: verdicts.count(word) for word in ("above", "around", "below")}


def closest(some: Sequence[ShareCurve]) -> ShareCurve:
    """The curve that comes least above its bound."""
    return min(some, key=lambda curve: float((curve.share - curve.bound)[curve.nearest]))


def stage_line(findings: Findings) -> str:
    """One line of one width and initialisation."""
    first, *_ = some = curves(findings)
    estimates = "; ".join(f"{one.title}: {one.estimate(0)}" for one in some)
    return f"{first.initialisation}, n = {first.width[0]}, bound {first.bound[0]:.3f}: {estimates}"


def caption(findings: Findings) -> str:
    """What is stated, what was measured here, and why they differ, with the numbers."""
    networks, confidence = (findings.manifest[name] for name in ("networks", "confidence"))
    return (
        f"{STATED} Measured here: the share of {networks:,} random networks a point, with "
        f"exact intervals of {100 * confidence:g} % each. {finding(findings)} {WHY}"
    )


def finding(findings: Findings) -> str:
    """Where the intervals lie, for initialisations that the proposition speaks of and others."""
    by_law: dict[str, list[ShareCurve]] = {}
    for one in curves(findings):
        law = "Where the proposition speaks" if one.covered else "Outside it"
        by_law.setdefault(law, []).append(one)
    return " ".join(
        f"{law}, for {' and '.join(dict.fromkeys(one.initialisation for one in some))}, "
        f"{_summary(some)}."
        for law, some in by_law.items()
    )


def _summary(some: Sequence[ShareCurve]) -> str:
    above, around, below = verdict_counts(some).values()
    every, least = above + around + below, closest(some)
    k = least.nearest
    where = "nearest" if least.share[k] >= least.bound[k] else "farthest below"
    nearest = (
        f"within {around}; {where} is {least.estimate(k)} beside {least.bound[k]:.3f}: "
        f"{least.initialisation}, {least.title}, n = {least.width[k]}"
    )
    return (
        f"the bound lies above {of_all(below, every, 'interval')}, and below "
        f"{of_all(above, every, 'interval', nearest)}"
    )


def panels(findings: Findings) -> list[list[ShareCurve]]:
    """The curves of each panel of the film: of every loss at the fewest samples.

    Initialisations that the proposition speaks of come first.
    """
    fewest = min(findings.manifest["samples"])
    shown = [one for one in curves(findings) if one.samples == fewest]
    shown.sort(key=lambda one: one.initialisation not in SPHERICAL)
    return [[one for one in shown if one.loss == loss] for loss in findings.manifest["losses"]]


def verdict_rows(findings: Findings) -> list[tuple[str, str]]:
    """How many intervals lie where, as pairs of what was measured and how many of how many."""
    rows = []
    for covered, what in ((True, "Symmetric weights"), (False, "Uniform weights")):
        counts = verdict_counts([one for one in curves(findings) if one.covered == covered])
        numbers = ", ".join(map(str, counts.values()))
        rows.append(
            (f"{what}: {', '.join(counts)} the bound", f"{numbers} of {sum(counts.values())}")
        )
    return rows


def footer(findings: Findings) -> str:
    """What one sees in the film."""
    entries = findings.manifest
    return f"{entries['title']} · {entries['networks']:,} networks a point"
