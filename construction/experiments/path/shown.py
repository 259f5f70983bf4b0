"""What the film says and shows of a record's sample; no manim."""

import numpy as np

from ...arrays import Array
from ...record.route import Route
from ...record.sample import Sample
from .curves import legs

#: Most inputs that are shown at once.
INPUTS = 8


def count(sample: Sample) -> int:
    """How many inputs the film shows."""
    return min(INPUTS, len(sample.targets))


def chosen(sample: Sample) -> int:
    """The input that is told of: the first that is wrong at W(0) and right at W(1), else the first.

    Without classes it is the first.
    """
    labels = sample.labels
    if labels is None:
        return 0
    first, last = (sample.outputs[k].argmax(axis=1) == labels for k in (0, -1))
    shown = (last & ~first)[:INPUTS]
    return int(shown.argmax())


def right(sample: Sample, lam: float) -> int | None:
    """How many of the inputs shown have their largest output at their class; None without classes.

    No scale c > 0 changes it.
    """
    labels = sample.labels
    if labels is None:
        return None
    return int((sample.outputs_at(lam).argmax(axis=1) == labels)[: count(sample)].sum())


def score(sample: Sample, lam: float) -> str:
    """The same in words; nothing without classes."""
    found = right(sample, lam)
    return "" if found is None else f"{found} of {count(sample)} right"


def output_range(sample: Sample, which: int) -> tuple[float, float]:
    """Lowest and highest output of an input at both ends of the path, and around 0 and 1."""
    outputs = sample.outputs[[0, -1], which].astype(float)
    return _around(outputs)


def scaled_range(route: Route, which: int, profiles: list[str]) -> tuple[float, float]:
    """The same along constructed paths, where outputs are multiplied by c."""
    sample = route.sample
    assert sample is not None, "asked of a route with a sample"
    values = [
        scale * sample.outputs_at(float(lam))[which]
        for profile in profiles
        for leg in legs(route, profile)
        for lam, scale in zip(leg.lam, leg.scale, strict=True)
    ]
    return _around(np.array([sample.outputs[0, which], *values]))


def _around(outputs: Array) -> tuple[float, float]:
    """Their ends, with some room, and 0 and 1 within."""
    return 1.05 * min(-0.2, float(outputs.min())), 1.05 * max(1.15, float(outputs.max()))


def small_range(sample: Sample) -> tuple[float, float]:
    """Lowest and highest output of the inputs shown, along c = 1."""
    outputs = sample.outputs[:, : count(sample)]
    return min(0.0, float(outputs.min())), max(1.0, float(outputs.max()))
