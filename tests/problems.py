"""Small problems with known answers.

The *plane*: one linear layer without bias from one input, 1, to two outputs, with target (1, 0).
Its weights are its outputs, w in R^2, so that a = |w|^2, b = w_1, d = 1, and with r and phi the
polar coordinates of w

    g(c) = |c w - (1, 0)|^2,   c* = cos(phi) / r,   m = sin(phi)^2    (cos(phi) >= 0, else m = 1).
"""

import copy
import gzip
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path as Folder
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from construction.data import Dataset
from construction.forward.forward import Forward
from construction.network.networks import mlp
from construction.path.paths import Line, Path, Polyline

State = dict[str, Tensor]


class Problem(NamedTuple):
    """The first three arguments of `construct`."""

    model: nn.Module
    path: Path
    data: tuple[Tensor, Tensor]


def objective(problem: Problem, state: State) -> float:
    """Mean squared distance to real targets, in float64, of a fresh model with these weights."""
    model = copy.deepcopy(problem.model).double().eval()
    model.load_state_dict(state)
    inputs, targets = (part.double() for part in problem.data)
    with torch.no_grad():
        return float((model(inputs) - targets).pow(2).sum(dim=1).mean())


def forward_of(problem: Problem, **options) -> Forward:
    return Forward(*problem, **options)


def moments(forward: Forward, lam: float) -> list[float]:
    """Those of the squared loss at one lambda: a, b and d."""
    sheet = forward.along([lam])
    return [float(sheet.a[0]), float(sheet.b[0]), sheet.d]


# --- the plane -----------------------------------------------------------------------------------


def vector(w: Sequence[float]) -> State:
    return {"0.weight": torch.tensor(w, dtype=torch.float64).reshape(2, 1)}


def plane(path: Path) -> Problem:
    model = nn.Sequential(nn.Linear(1, 2, bias=False)).double()
    return Problem(model, path, (torch.ones(1, 1).double(), torch.tensor([[1.0, 0.0]]).double()))


def through(*points: Sequence[float]) -> Problem:
    """The polyline through these outputs."""
    return plane(Polyline([vector(w) for w in points]))


def prescribed(minimum: Callable[[float], float], radius: Callable[[float], float]) -> Problem:
    """Outputs of the length r(lambda) whose best rescaling leaves the objective m(lambda) < 1."""

    def path(lam: float) -> State:
        m, r = minimum(lam), radius(lam)
        return vector([r * np.sqrt(1 - m), r * np.sqrt(m)])

    return plane(path)


def right_start() -> Problem:
    """L(0) = 1 < L(W(0)) = 9.25, and m decreases: the theorem holds."""
    return through((4.0, 0.5), (1.0, 0.05))


def high_end() -> Problem:
    """As `right_start`, with L(W(1)) = 4.01 above L(0) and c*(1) < 1."""
    return through((4.0, 0.5), (3.0, 0.1))


def short_end() -> Problem:
    """As `right_start`, with c*(1) = 2: the descent ends at c = 3, not at W(1)."""
    return through((4.0, 0.5), (0.5, 0.0))


def left_start() -> Problem:
    """L(W(0)) = 0.34 < L(0) = 1 on the left branch: no theorem, but the sheet holds a path."""
    return through((0.5, 0.3), (0.9, 0.09))


def left_all_along() -> Problem:
    """m = 0 everywhere below L(W(1)): the path stays on the left branch and never crosses."""
    return through((0.2, 0.0), (0.6, 0.0))


def vanishing() -> Problem:
    """The outputs are zero at lambda = 1/2, exactly and only there."""
    return through((-3.0, 0.0), (3.0, 0.0))


def plateau() -> Problem:
    """b <= 0, so m = L(0), up to lambda = 2/3."""
    return through((-2.0, 1.0), (1.0, 0.05))


def barrier() -> Problem:
    """m(1/2) = 1 / 1.04 lies above L(W(0)) = 0.01: no scale gets past."""
    return through((1.0, 0.1), (0.2, 1.0), (1.0, 0.01))


BUMP = 0.25


def bump(height: float = 0.3, start: float = 4.0) -> Problem:
    """m falls from 0.5 with a bump around lambda = `BUMP`, of a width that a grid of 11 misses."""
    return prescribed(
        lambda lam: 0.5 - 0.45 * lam + height * np.exp(-(((lam - BUMP) / 0.04) ** 2)),
        lambda lam: start + (0.9 - start) * lam,
    )


def detour() -> Problem:
    """m dips to about 0.1, comes back to 0.33 near lambda = 1/2, and dips and comes back again."""
    return prescribed(
        lambda lam: 0.02 + (1 - lam) * (0.3 + 0.15 * np.cos(4 * np.pi * lam)),
        lambda lam: 4 - 3.1 * lam,
    )


PLANES = {
    f.__name__: f
    for f in (right_start, high_end, short_end, left_start, left_all_along, plateau, bump, detour)
}
THEOREM = {f.__name__: f for f in (right_start, high_end, short_end)}


# --- a trained network ---------------------------------------------------------------------------


def copied(model: nn.Module) -> State:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


@cache
def trained(dtype: torch.dtype = torch.float64) -> Problem:
    """A 3-12-8-2 network fitted to 40 points by gradient descent."""
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(40, 3, generator=generator).to(dtype)
    targets = torch.stack([inputs[:, 0].abs(), (inputs[:, 1] * inputs[:, 2]).tanh()], dim=1)
    model = mlp((3, 12, 8, 2), seed=2).to(dtype)
    initial = copied(model)
    weights = list(model.parameters())
    for _ in range(300):
        loss = (model(inputs) - targets).square().sum(dim=1).mean()
        with torch.no_grad():
            for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
                weight -= 0.03 * slope
    return Problem(model, Line(initial, copied(model)), (inputs, targets))


def classified() -> Problem:
    """The trained network's weights, on class indices."""
    model, path, (inputs, targets) = trained()
    return Problem(model, path, (inputs, targets.argmax(dim=1)))


# --- models from four inputs, with and without a head of their own -------------------------------


class OutOfOrder(nn.Module):
    """Registers the last layer first, and ends in no module of its own."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(3, 2)
        self.unused = nn.Linear(2, 2)
        self.first = nn.Linear(4, 3)

    def forward(self, x):
        return self.last(torch.tanh(self.first(x)))


class Pair(OutOfOrder):
    """Returns two tensors."""

    def forward(self, x):
        return super().forward(x), x


class Tied(nn.Module):
    """An autoencoder whose last layer shares the weight of the first."""

    def __init__(self):
        super().__init__()
        self.encoder, self.head = nn.Linear(4, 4), nn.Linear(4, 4)
        self.head.weight = self.encoder.weight

    def forward(self, x):
        return self.head(torch.relu(self.encoder(x)))


# --- small files in MNIST's format ---------------------------------------------------------------

ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


def idx(array: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes."""
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()


def fill(folder: Folder, files: dict[str, bytes], packed: bool = False) -> Folder:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
        else:
            (folder / name).write_bytes(content)
    return folder


def same(first: Dataset, second: Dataset) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in ARRAYS)
