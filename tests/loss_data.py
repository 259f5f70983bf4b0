"""Data for every loss by name, and the losses again as PyTorch or their definition has them."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

#: Sum over the samples of predictions (samples, width) and targets as the user gives them.
Reference = Callable[[Tensor, Tensor], Tensor]

STRICT = ("squared", "cross_entropy", "label_smoothing", "binary_cross_entropy", "poisson")
KINKED = ("absolute", "pinball", "hinge")
CLASSES = ("cross_entropy", "label_smoothing")


def hinge(p: Tensor, y: Tensor) -> Tensor:
    return (1 - y * p).clamp_min(0).sum()


def pinball(p: Tensor, y: Tensor) -> Tensor:
    return torch.maximum((y - p) / 2, (p - y) / 2).sum()


REFERENCES: dict[str, Reference] = {
    "squared": lambda p, y: functional.mse_loss(p, y, reduction="sum"),
    "cross_entropy": lambda p, y: functional.cross_entropy(p, y, reduction="sum"),
    "label_smoothing": lambda p, y: functional.cross_entropy(
        p, y, reduction="sum", label_smoothing=0.1
    ),
    "binary_cross_entropy": lambda p, y: functional.binary_cross_entropy_with_logits(
        p, y, reduction="sum"
    ),
    "absolute": lambda p, y: functional.l1_loss(p, y, reduction="sum"),
    "huber": lambda p, y: functional.huber_loss(p, y, reduction="sum"),
    "pinball": pinball,
    "hinge": hinge,
    "poisson": lambda p, y: functional.poisson_nll_loss(p, y, reduction="sum"),
}


def targets_for(name: str, samples: int, width: int, generator: torch.Generator) -> Tensor:
    """Random targets as a user would give them, real ones in float64."""
    if name in CLASSES:
        return torch.randint(width, (samples,), generator=generator)
    real = torch.randn(samples, width, generator=generator, dtype=torch.float64)
    if name == "binary_cross_entropy":
        return real.sigmoid()
    if name == "hinge":
        return torch.where(real > 0, 1.0, -1.0).double()
    return (3 * real).abs().floor() if name == "poisson" else real


def data_for(name: str, seed: int, samples: int = 6, width: int = 3) -> tuple[Tensor, Tensor]:
    """Random outputs (samples, width), float64, and targets."""
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(samples, width, generator=generator, dtype=torch.float64)
    return outputs, targets_for(name, samples, width, generator)


def ray_of(loss, outputs, raw):
    """One ray, and what `along` needs beside it."""
    rays, targets = loss.rays(outputs, loss.targets(raw, outputs))
    return rays[None], targets


def along(loss, outputs, raw, c):
    found = loss.along(*ray_of(loss, outputs, raw), torch.tensor([c], dtype=torch.float64))
    return [float(part) for part in found]
