"""Random sheets of few samples: smooth outputs, right and left starts, and what may go wrong."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .loss_data import CLASSES, REFERENCES, targets_for
from .prescribed_outputs import Outputs

SMOOTH = ("squared", "cross_entropy", "label_smoothing", "binary_cross_entropy", "poisson")
#: Every lambda at which something happens is a multiple of 1 / STEPS.
STEPS = 20
KINDS = ("free", "learning", "separating", "interlude", "returning", "vanishing", "opposed")


class RandomSheet(NamedTuple):
    """Outputs along lambda and targets, with the loss by name."""

    loss: str
    kind: str
    outputs: Outputs
    raw: Tensor


def random_sheet(seed: int) -> RandomSheet:
    """Of kind *free*: three waves; *learning*: these fade into outputs near the targets.

    *Separating*: also, from some lambda on, every sample is on its target's side; *interlude*: so
    they are, but for a while only; *returning*: they start and end near the targets; *vanishing*:
    all outputs are zero at one lambda; *opposed*: they point away from the targets at first. The
    ends are swapped if the last outputs are worse.
    """
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    loss, kind = SMOOTH[rng.integers(len(SMOOTH))], KINDS[rng.integers(len(KINDS))]
    samples, width = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    width = max(width, 2) if loss in CLASSES else width
    raw = targets_for(loss, samples, width, generator)
    shape = (3, samples, width)
    waves = torch.randn(shape, generator=generator, dtype=torch.float64)
    phases = 6.3 * torch.rand(shape, generator=generator, dtype=torch.float64)
    size, pull = rng.choice([0.5, 1.0, 3.0]), rng.uniform(0.3, 3)
    cut = rng.integers(1, STEPS) / STEPS
    towards = pull * direction_of(loss, raw, width)

    def outputs(lam: float) -> Tensor:
        wave = sum(waves[k] * torch.sin(1.7 * k * lam + phases[k]) for k in range(3))
        if kind == "free":
            return size * wave
        if kind == "vanishing":
            return round(lam - cut, 12) * (wave + 2 * towards)  # exactly 0 on the grid
        if kind == "opposed":
            return size * 0.2 * wave + 2 * (lam - cut) * towards
        fades = {
            "learning": (1 - lam) ** 2,
            "separating": max(0.0, 1 - lam / cut),
            "interlude": 4 * max(0.0, abs(lam - cut) - 0.1),
            "returning": 4 * lam * (1.02 - lam),
        }
        nearer = 0.7 + 0.3 * lam if kind in ("interlude", "returning") else lam
        return fades[kind] * size * wave + nearer * towards

    first, last = (float(REFERENCES[loss](outputs(lam), raw)) for lam in (0.0, 1.0))
    if last < first:
        return RandomSheet(loss, kind, outputs, raw)
    return RandomSheet(loss, kind, lambda lam: outputs(1 - lam), raw)


def direction_of(loss: str, raw: Tensor, width: int) -> Tensor:
    """A prediction that agrees with every target, (samples, width)."""
    if loss in CLASSES:
        return torch.nn.functional.one_hot(raw, width).double()
    if loss == "binary_cross_entropy":
        return 2 * raw - 1
    return raw - 0.5 if loss == "poisson" else raw
