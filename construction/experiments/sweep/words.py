"""The table of a sweep, and what it says. Needs no torch."""

from typing import Any, NamedTuple

import numpy as np

from ...arrays import Array, Mask
from ...record.findings import Findings
from ..claims import of_all

#: A network counts as trained where its last objective is below this share of the zero predictor's;
#: chosen here.
TRAINED = 0.5
#: L(0) of each loss, of ten classes that are equally frequent.
ZERO = {"cross_entropy": float(np.log(10)), "squared": 1.0}
#: What each kind of network and treatment is called.
KINDS = {
    "none": "no batch norm",
    "interpolate": "batch norm, interpolated",
    "recompute": "batch norm, recomputed",
}
PUBLISHED = (
    "Published (Lucas et al. 2021, arXiv 2104.11044): most networks are monotone, and batch "
    "normalisation, adaptive optimisers and large rates break it more often."
)


class Cell(NamedTuple):
    """The seeds of one recipe and treatment.

    Attributes:
        hidden, treatment, step, loss: of the recipe.
        lines, monotone: how many were trained, and how many of these never rise.
        rise: the largest rise of them, as a share of L(0).
    """

    hidden: int
    treatment: str
    step: str
    loss: str
    lines: int
    monotone: int
    rise: float


def trained(findings: Findings) -> Mask:
    """Which lines lead to weights that count as trained, (lines,)."""
    kept: Mask = findings["objective"][:, -1] < TRAINED * _zero_objectives(findings)
    return kept


def cells(findings: Findings) -> list[Cell]:
    """One a recipe and treatment, in the order of the sweep; recipes that diverged come too."""
    kept = trained(findings)
    lines_of: dict[tuple[int, str, str, str], list[int]] = {}
    for k, row in enumerate(findings.manifest["rows"]):
        key = row["hidden"], row["treatment"], row["step"], row["loss"]
        lines_of.setdefault(key, []).extend([k] if kept[k] else [])
    for row in findings.manifest["diverged"]:
        for treatment in ("interpolate", "recompute") if row["batch_norm"] else ("none",):
            lines_of.setdefault((row["hidden"], treatment, row["step"], row["loss"]), [])
    return [
        Cell(
            *key,
            lines=len(lines),
            monotone=int(findings["monotone"][lines].sum()),
            rise=max((float(findings["rise"][k]) / ZERO[key[3]] for k in lines), default=0.0),
        )
        for key, lines in lines_of.items()
    ]


def clearest(findings: Findings) -> int:
    """The row that climbs highest above its start, as a share of L(0), among the trained ones."""
    return int(np.argmax(findings["hill"] / _zero_objectives(findings) * trained(findings)))


def _zero_objectives(findings: Findings) -> Array:
    """L(0) of each row's loss, (lines,)."""
    return np.array([ZERO[row["loss"]] for row in findings.manifest["rows"]])


def finding(findings: Findings) -> str:
    """How many lines are monotone, which recipes are not, and the clearest case."""
    kept = trained(findings)
    rising = kept & (findings["monotone"] == 0)
    rows = findings.manifest["rows"]
    top = clearest(findings)
    climbing = kept & (findings["hill"] > 0)
    above = int((kept & (findings["minimum_hill"] > 0)).sum())
    count, diverged = int(kept.sum()), len(findings.manifest["diverged"])
    highest = (
        f"the highest by {float(findings['hill'][top]):.3g}: {described(rows[top])}; "
        f"m, the least over all scales, on {above}"
    )
    steps = np.array([row["step"] for row in rows])
    worst = max(
        dict.fromkeys(steps[kept].tolist()),
        key=lambda step: rising[kept & (steps == step)].mean(),
    )
    return (
        f"Of the lines that lead to trained weights ({count} of {len(kept)}; networks that "
        f"diverged: {diverged}) {of_all(count - int(rising.sum()), count, 'line')} are monotone. "
        f"The step whose lines rise most often is {worst} (not monotone: "
        f"{_shares(rows, kept, rising)}). The objective climbs above its "
        f"start on {of_all(int(climbing.sum()), count, 'line', highest)}."
    )


def caption(findings: Findings) -> str:
    """For the figure: what was published, what the table shows, and what was measured."""
    return (
        f"{PUBLISHED} Measured: rows are hidden layers without batch norm, and with its statistics "
        "interpolated or recomputed along the line; a cell gives how many of its trained networks "
        "never rise along the line, and the largest rise as a share of L(0). A network counts as "
        f"trained where its last objective is below {TRAINED:g} L(0); a dash: none is. "
        f"{finding(findings)} These are small networks and 400 steps, where weights move little: "
        "fewer lines break than in the published sweeps of long training."
    )


def described(row: dict[str, Any]) -> str:
    """A row of the table in words."""
    layers = f"{row['hidden']} hidden layer{'s' if row['hidden'] > 1 else ''}"
    loss = row["loss"].replace("_", "-")
    return f"{layers}, {KINDS[row['treatment']]}, {row['step']}, {loss}, seed {row['seed']}"


def _shares(rows: list[dict[str, Any]], kept: Mask, rising: Mask) -> str:
    """Of each value of each setting, how many trained lines rise."""
    columns = (
        [f"{row['hidden']} hidden" for row in rows],
        [KINDS[row["treatment"]] for row in rows],
        [row["step"] for row in rows],
        [row["loss"].replace("_", "-") for row in rows],
    )
    shares = []
    for column in map(np.array, columns):
        counts = [
            f"{word} {(rising & (column == word)).sum()}/{(kept & (column == word)).sum()}"
            for word in dict.fromkeys(column)
        ]
        shares.append(", ".join(counts))
    return "; ".join(shares)
