"""From lines of weights to what a scene shows: pure functions, no manim."""

from __future__ import annotations

import numpy as np

from construction.arrays import Array
from construction.experiments.interpolation.numbers import lines, numbers
from construction.record.findings import Findings

#: What networks are called where there is little room, by kind.
SHORT = {
    "relu": "ReLU",
    "sigmoid": "sigmoid",
    "maxout": "maxout",
    "tanh": "tanh",
    "linear": "deep linear",
    "lenet": "LeNet-5",
    "lstm": "LSTM",
    "resnet": "ResNet",
}
#: Where a line begins, if not at the weights that training began with.
STARTS = {"initial": "", "random": ", random", "solution": ", two solutions"}
#: What the first alpha and alpha = 1 are called, by start.
ENDS = {
    "initial": ("the initial weights", "the trained ones"),
    "random": ("random weights", "trained ones"),
    "solution": ("trained weights", "others"),
}


def name_of(part: Findings) -> str:
    """What the lines of a part are called, in short."""
    told = part.manifest
    return SHORT[told["kind"]] + STARTS[told["start"]]


def objectives(part: Findings, name: str) -> tuple[Array, Array]:
    """Alpha and objective of the first seed: "train", "test", or "minimum", up to alpha 1."""
    values = part["minimum" if name == "minimum" else f"{name}_objective"][0]
    return part["alpha"][: len(values)], values.astype(float)


def path(part: Findings, profile: str) -> tuple[Array, Array]:
    """Alpha and objective of a constructed path."""
    lam, height = part[profile].T.astype(float)
    return lam, height


def profiles(part: Findings) -> tuple[str, ...]:
    """The constructed paths that there are."""
    return tuple(name for name in ("even", "valley") if name in part.arrays)


def objective_range(*parts: Findings) -> tuple[float, float]:
    """A power of ten below all objectives of training and test, and a little above the highest.

    At most eight decades; where m is lower, it is drawn at the lower end.
    """
    shown = np.concatenate([objectives(p, name)[1] for p in parts for name in ("train", "test")])
    high = float(shown.max())
    low = max(float(shown[shown > 0].min()), 1e-8 * high)
    return float(10.0 ** np.floor(np.log10(low))), 1.5 * high


def ticks(part: Findings, step: float) -> list[tuple[float, str]]:
    """Every so much alpha, from 0 to the farthest."""
    count = round(float(part["alpha"][-1]) / step)
    return [(k * step, f"{k * step:g}") for k in range(count + 1)]


def table(findings: Findings) -> list[list[str]]:
    """A row a part: name, largest rise, monotone lines, plateau, theorem applies, path exists."""
    rows = []
    for part in lines(findings).values():
        one = numbers(part)
        rows.append(
            [
                name_of(part),
                f"{one.rise:.2g}" if one.monotone < one.lines else "none",
                f"{one.monotone} of {one.lines}",
                f"{one.plateau:.0%}",
                f"{one.theorem} of {one.lines}",
                f"{one.path} of {one.lines}",
            ]
        )
    return rows


def summary(findings: Findings) -> str:
    """Monotone lines of all, in a sentence."""
    found = [numbers(part) for part in lines(findings).values()]
    monotone, count = (sum(getattr(one, key) for one in found) for key in ("monotone", "lines"))
    return f"On {monotone} of {count} lines the training objective never rises up to alpha = 1."


def footer(findings: Findings, *, seeds: bool = False) -> str:
    """What one sees: data, networks, and the first seed or how many."""
    first = next(iter(lines(findings).values()))
    known = [run["seed"] for run in first.manifest["runs"]]
    points = int((first["alpha"] <= 1).sum())
    told = f"{len(known)} seeds" if seeds else f"seed {known[0]}"
    return f"{findings.manifest['title']} · {told} · {points} points"
