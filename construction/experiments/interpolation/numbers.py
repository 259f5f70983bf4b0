"""What the lines of a part come to over their seeds, of findings; read without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...record.findings import Findings


@dataclass(frozen=True)
class Numbers:
    """Lines of one kind of network and of start, over their seeds; medians where not said.

    Attributes:
        label, start, loss: of the part.
        lines: how many there are.
        initial, zero, final: L(W(0)), L(0) and L(W(1)), of training.
        test_error: at alpha = 1.
        lowest: the alpha at which the training objective is least.
        rise: the largest of the lines.
        monotone, convex: on how many the training objective is so on [0, 1].
        barrier, least_barrier: over the chord, of the objective, and of m.
        bulge, plateau: see `construction.experiments.shape`.
        theorem, path: on how many the theorem applies, and the sheet holds a path.
        covered: how many satisfy condition 2, L(W(0)) > L(0).
    """

    label: str
    start: str
    loss: str
    lines: int
    initial: float
    zero: float
    final: float
    test_error: float
    lowest: float
    rise: float
    monotone: int
    convex: int
    barrier: float
    least_barrier: float
    bulge: float
    plateau: float
    theorem: int
    path: int
    covered: int


def lines(findings: Findings) -> dict[str, Findings]:
    """The parts in the order in which they were measured."""
    return {name: findings.part(name) for name in findings.manifest["lines"]}


def numbers(part: Findings) -> Numbers:
    """Those of a part of the findings of `construction.experiments.interpolation.measure`."""
    told, one = part.manifest, int(np.flatnonzero(part["alpha"] == 1)[0])
    runs: list[dict[str, Any]] = told["runs"]

    def median(*keys: str) -> float:
        return float(np.median([_at(run, *keys) for run in runs]))

    return Numbers(
        label=told["label"],
        start=told["start"],
        loss=told["loss"],
        lines=len(runs),
        initial=float(np.median(part["train_objective"][:, 0])),
        zero=told["zero"],
        final=float(np.median(part["train_objective"][:, one])),
        test_error=float(np.median(part["test_error"][:, one])),
        lowest=float(np.median(part["alpha"][part["train_objective"].argmin(axis=1)])),
        rise=max(float(_at(run, "train", "rise", "value")) for run in runs),
        monotone=sum(run["train"]["monotone"] for run in runs),
        convex=sum(run["train"]["convex"] for run in runs),
        barrier=median("train", "barrier", "value"),
        least_barrier=median("minimum", "barrier", "value"),
        bulge=median("train", "bulge", "value"),
        plateau=median("train", "plateau"),
        theorem=sum(run["theorem_applies"] for run in runs),
        path=sum(run["sheet_has_path"] for run in runs),
        covered=sum(
            run["conditions"]["condition 2"]["value"] > run["conditions"]["condition 2"]["bound"]
            for run in runs
        ),
    )


def _at(entries: Any, *keys: str) -> Any:
    for key in keys:
        entries = entries[key]
    return entries
