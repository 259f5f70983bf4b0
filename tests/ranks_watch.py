"""What one process of several does; run by `tests.forward.test_ranks`, not by pytest.

``python -m tests.ranks_watch FOLDER RANK RANKS NAME...`` solves each named case, writes what came
out, and goes on after an error, as the other ranks must.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

from construction import Line, bend, construct, construct_many, interpolate, mlp, run, surface
from construction.experiments.proposition.measure import count_above
from construction.network.heads import scale_head
from construction.sheet import rays

from .runs import name_a_run

SAMPLES = 300
X = torch.randn(SAMPLES, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.arange(SAMPLES) % 3


def ends(model: nn.Module, head: str) -> Line:
    """From a large head to a small one, the rest of the weights moved."""
    noise = torch.Generator().manual_seed(1)
    state = {name: x.detach().clone() for name, x in model.state_dict().items()}
    other = {
        name: x + 0.3 * torch.rand(x.shape, generator=noise).to(x) if x.is_floating_point() else x
        for name, x in state.items()
    }
    return Line(scale_head(state, head, 9.0), scale_head(other, head, 0.05))


def plain() -> tuple[nn.Module, Line]:
    model = mlp((4, 6, 3), seed=1).double()
    return model, ends(model, "3")


def normalised() -> tuple[nn.Module, Line]:
    model = mlp((4, 6, 3), seed=1)
    model = nn.Sequential(model[1], nn.BatchNorm1d(6), nn.ReLU(), model[3]).double()
    return model, ends(model, "3")


def shared(rank: int, ranks: int, samples: int = SAMPLES, batch: int = 50) -> DataLoader:
    """A loader of a rank's samples, which are whole batches."""
    mine = range(rank * samples // ranks, (rank + 1) * samples // ranks)
    return DataLoader(Subset(TensorDataset(X, Y), mine), batch_size=batch)


def solved(problem: tuple[nn.Module, Line], data: Any, **options: Any) -> list[float]:
    """Scales and objectives, those of the certificate, and what conditions say."""
    result = construct(*problem, data, points=4, **options)
    checked = result.certify(5)
    assert checked.holds
    return [
        *result.scale,
        *result.objective,
        *checked.objective,
        result.conditions.sheet_barrier.margin,
    ]


def measured(rank: int, ranks: int) -> list[float]:
    """The line beyond its end and a surface, of a loader and of tensors."""
    (model, line), loader = normalised(), shared(rank, ranks)
    ends = line(0.0), line(1.0)
    options: dict[str, Any] = {"loss": "cross_entropy", "points": 3}
    treatments = ("recompute", "batch")
    found = [
        interpolate(model, *ends, loader, (X, Y), batch_norm="interpolate", **options),
        interpolate(model, *ends, (X, Y), (X, Y), alphas=(0, 1), batch_norm=treatments, **options),
        surface(model, ends[1], loader, batch_norm="interpolate", **options),
        surface(model, ends[1], (X, Y), batch_norm="recompute", **options),
    ]
    every = [array for one in found for array in one.findings.arrays.values()]
    return [float(x) for array in every for x in array.ravel()]


def bad_on(rank: int, where: int) -> DataLoader:
    """A loader whose samples on one rank are not finite."""
    inputs = X.clone()
    if rank == where:
        inputs[-1] = torch.nan
    return DataLoader(TensorDataset(inputs, Y), batch_size=50)


class Changing(torch.utils.data.Dataset):
    """Gives other samples in the second pass, on one rank."""

    def __init__(self, changes: bool):
        self.changes, self.reads = changes, 0

    def __len__(self):
        return SAMPLES

    def __getitem__(self, k):
        self.reads += 1
        return X[k] + (self.changes and self.reads > SAMPLES), Y[k]


def failing(rank: int) -> Any:
    """A loss that fails on rank 1."""

    def loss(p, y):
        if rank == 1:
            raise ValueError("on purpose")
        return (p - y[:, None]).square().sum(1)

    return loss


def bent(data: Any, loss: str) -> list[float]:
    """The middle of a curve that was trained on all samples at once."""
    model, line = plain()
    options: dict[str, Any] = {"steps": 3, "batch_size": 10**6, "loss": loss}
    curve = bend(model, line(0.0), line(1.0), data, **options)
    return [float(x) for value in curve(0.5).values() for x in value.ravel()]


def bent_unevenly(rank: int, ranks: int) -> list[float]:
    """The same of shares of which the smaller one's rays would be put together, alone."""
    cuts = [0, 100, SAMPLES] if ranks == 2 else [0, SAMPLES]
    mine = Subset(TensorDataset(X, Y), range(cuts[rank], cuts[rank + 1]))
    with patch.object(rays, "SMALL", 400):  # a sample has three entries
        return bent(DataLoader(mine, batch_size=50), "cross_entropy")


def conducted(*_: int) -> list[float]:
    """A named run: training, stages and result in a cache folder that the ranks share."""
    with pytest.MonkeyPatch.context() as patch:
        name_a_run(patch, os.environ["CONSTRUCTION_CACHE"], points=5, checks=5, detour_seed=None)
        record = run("tiny")
    (route,) = record.routes
    journeys = route.journeys.values()
    return [x for one in journeys for x in (*one.scale, *one.certificate.objective)]


def counted(*_: int) -> list[float]:
    """Of networks in four stacks."""
    found = count_above((4, 5, 3), (X, Y), networks=300)
    return [float(x) for one in found.arrays.values() for x in one.ravel()]


CASES: dict[str, Callable[[int, int], list[float]]] = {
    "squared-paper": lambda *_: solved(plain(), (X, Y)),
    "squared-loader-valley": lambda *r: solved(plain(), shared(*r), profile="valley"),
    "squared-stream": lambda *r: solved(plain(), shared(*r), memory=20_000),
    "entropy-valley": lambda *_: solved(plain(), (X, Y), loss="cross_entropy", profile="valley"),
    "entropy-loader-paper": lambda *r: solved(plain(), shared(*r), loss="cross_entropy"),
    "entropy-stream": lambda *r: solved(
        plain(), shared(*r, 60, 10), loss="cross_entropy", profile="valley", memory=4_000
    ),
    "recompute": lambda *_: solved(normalised(), (X, Y), batch_norm="recompute"),
    "recompute-entropy": lambda *_: solved(
        normalised(), (X, Y), loss="cross_entropy", batch_norm="recompute"
    ),
    "line-and-surface": measured,
    "bend": lambda *_: bent((X, Y), "squared"),
    "bend-uneven": bent_unevenly,
    "bend-entropy": lambda *r: bent(shared(*r, 290), "cross_entropy"),
    "named-run": conducted,
    "proposition": counted,
    "single-precision": lambda *_: solved(plain(), (X, Y), dtype=torch.float32),
}
ERRORS: dict[str, Callable[[int, int], Any]] = {
    "not finite": lambda rank, _: solved(plain(), bad_on(rank, 1)),
    "changing": lambda rank, _: solved(
        plain(), DataLoader(Changing(rank == 0), batch_size=50), memory=20_000
    ),
    "changing-rays": lambda rank, _: solved(
        plain(), DataLoader(Changing(rank == 0), batch_size=50), memory=9000, loss="cross_entropy"
    ),
    "different tensors": lambda rank, _: solved(plain(), (X + rank, Y)),
    "different weights": lambda rank, _: solved((plain()[0], plain_of(rank)), (X, Y)),
    "too few": lambda *_: solved(plain(), (X[:1], Y[:1])),
    "label": lambda rank, _: solved(
        plain(),
        DataLoader(TensorDataset(X, Y + 5 * rank), batch_size=50),
        loss="cross_entropy",
    ),
    "loss": lambda rank, _: solved(plain(), (X, Y), loss=failing(rank)),
    "surface": lambda rank, _: around(bad_on(rank, 1)),
    "surfaces": lambda rank, _: around((X, Y), 1.0 + rank),
    "many": lambda rank, _: many(1.0 + rank),
    "both": lambda *_: solved(plain(), (X, Y), profile="deep"),
}


def around(data: Any, factor: float = 1.0) -> None:
    model = mlp((4, 3))
    surface(model, scale_head(model.state_dict(), "1", factor), data, points=3)


def many(factor: float) -> None:
    model = mlp((4, 3)).double()
    weights = {name: factor * x[None] for name, x in model.state_dict().items()}
    construct_many(model, weights, weights, (X, Y), points=2)


def plain_of(rank: int) -> Line:
    _, path = plain()
    return Line(path.states[0], scale_head(path.states[1], "3", 1.0 + rank))


def outcomes(rank: int, ranks: int, names: list[str]) -> Iterator[tuple[str, Any]]:
    for name in names:
        if name in CASES:
            yield name, CASES[name](rank, ranks)
            continue
        try:
            ERRORS[name](rank, ranks)
        except Exception as error:
            yield name, [type(error).__name__, str(error), *getattr(error, "__notes__", [])]


def main(folder: str, rank: str, ranks: str, *names: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        store=dist.FileStore(f"{folder}/store", int(ranks)),
        rank=int(rank),
        world_size=int(ranks),
        timeout=timedelta(seconds=60),
    )
    found = dict(outcomes(int(rank), int(ranks), list(names)))
    (Path(folder) / f"{rank}.json").write_text(json.dumps(found, default=np.ndarray.tolist))
    group = dist.group.WORLD
    dist.destroy_process_group()
    assert sys.getrefcount(group) == 2  # else its threads outlive the interpreter, which aborts


if __name__ == "__main__":
    main(*sys.argv[1:])
