"""Small true proofs of every loss, layer and conclusion, for forgers to alter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from construction import Line, construct
from construction.errors import ConstructionError
from construction.proof.prover import save_proof

from ..problems import PLANES, copied, through
from ..proofs import fitted, passing_zero

CURVES = ("bump", "detour")  # of which nothing is proved
SIGNS = ("hinge", "binary_cross_entropy", "poisson")
REALS = ("absolute", "huber", "pinball")


def true_proofs(folder: Path) -> Iterator[Path]:
    """The files; what cannot be constructed, or of which nothing is proved, is left out."""
    for k, (problem, options) in enumerate(problems()):
        for profile in ("even", "valley"):
            file = folder / f"true-{k}-{profile}.npz"
            try:
                save_proof(construct(*problem, **options, profile=profile, points=9), file)
            except ConstructionError:
                continue
            yield file


def problems() -> Iterator[tuple[Any, dict[str, Any]]]:
    """Model, path and data, and the loss."""
    for name, plane in PLANES.items():
        if name not in CURVES:
            yield plane(), {}
    yield through((4.0, 0.5), (0.3, 1.5), (0.8, 0.1)), {}
    yield passing_zero(), {}
    model, initial, final, data = fitted((3, 5, 3), samples=8, head=3.0)
    for loss in ("squared", "cross_entropy", "label_smoothing"):
        yield (model, Line(initial, final), data), {"loss": loss}
    model, initial, final, data = fitted((4, 8, 3), loss="cross_entropy", samples=12, head=3.0)
    yield (model, Line(initial, final), data), {"loss": "cross_entropy"}
    inputs, labels = data
    for loss in (*SIGNS, *REALS):
        yield linear(inputs, targets(loss, labels)), {"loss": loss}
    yield images(), {}


def targets(loss: str, labels: Tensor) -> Tensor:
    """Of two outputs."""
    return torch.stack([labels % 2, labels < 1], 1).double() + (loss in REALS)


def linear(inputs: Tensor, wanted: Tensor) -> Any:
    """One layer, from large weights to small ones."""
    model = nn.Sequential(nn.Linear(4, 2)).double()
    generator = torch.Generator().manual_seed(1)
    large = {
        name: 4 * torch.randn(x.shape, generator=generator, dtype=torch.float64)
        for name, x in model.state_dict().items()
    }
    small = {name: 0.05 * x for name, x in large.items()}
    return model, Line(large, small), (inputs.double(), wanted)


def images() -> Any:
    """Groups, dilation, a leaky ReLU, maxima."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        model = nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=2, dilation=2, groups=2), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
            nn.Conv2d(4, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(2, 2),
        ).double()  # fmt: skip
        pixels = torch.randn(5, 2, 4, 4, dtype=torch.float64)
    first = copied(model)
    last = {name: x * (0.3 if name.startswith("6") else 1.05) for name, x in first.items()}
    return model, Line(first, last), (pixels, 0.1 * model(pixels).detach())
