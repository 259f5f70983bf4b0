"""Memory above data and model stays within what was allowed, whatever the number of lambdas."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from construction import Line, mlp
from construction.errors import InputError
from construction.forward.forward import Forward
from construction.forward.tiles import EVALUATED, _alive, _Following, fitting_tile
from construction.loss.catalogue import LOSSES, as_loss

from ..memory_watch import CLASSES, SAMPLES
from ..problems import copied

ROOT = Path(__file__).parents[2]
LINUX = Path("/proc/self/clear_refs").exists()


@pytest.mark.slow
@pytest.mark.skipif(not LINUX, reason="the peak is read from Linux's /proc")
@pytest.mark.parametrize(("loss", "kind"), [("cross_entropy", "loader"), ("huber", "tensors")])
def test_peak_memory_stays_within_the_budget_for_many_lambdas(loss, kind):
    budget, points = 32_000_000, 81
    assert 8 * SAMPLES * CLASSES * points > 2 * budget  # all rays would not fit
    words = [sys.executable, "-m", "tests.memory_watch", str(budget), str(points), loss, kind]
    env = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}  # what is freed goes back at once
    done = subprocess.run(
        words, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=240
    )
    assert 0 <= int(done.stdout) <= budget


@pytest.mark.parametrize("name", [*LOSSES, "custom"])
def test_a_loss_makes_no_more_temporaries_than_are_counted(name):
    loss = as_loss((lambda p, y: (p - y).square().square().sum(1)) if name == "custom" else name)
    outputs = torch.randn(500, 1 if name == "hinge" else 8)
    raw = torch.rand(outputs.shape).double().round()
    if name in ("cross_entropy", "label_smoothing"):
        raw = torch.arange(500) % 8
    rays, targets = loss.rays(outputs, loss.targets(raw, outputs))
    for c in (0.01, 1.0, 1e4):
        with _Following() as following:
            loss.along(rays[None], targets, torch.tensor([c]).double())
        assert following.most <= EVALUATED * 8 * rays.numel()


def test_tensors_are_followed_from_birth_to_end():
    net = nn.Sequential(nn.Linear(10, 1000), nn.ReLU(), nn.Linear(1000, 1000), nn.Linear(1000, 1))
    most, outputs = _alive(net, torch.zeros(3, 10))
    assert (most, outputs) == (3 * 2 * 1000 * 4, 3)  # two layers' outputs, never three


@pytest.mark.parametrize("samples", [1, 2, 3, 64])
def test_tiles_shrink_with_the_budget_and_never_vanish(samples):
    net, probe = mlp((10, 500, 3)).eval(), torch.zeros(samples, 10)
    sizes = [fitting_tile(net, probe, budget, 1000) for budget in (10**9, 10**6, 10**5, 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (1000, 1)
    assert 10**6 / (3 * 2 * 4 * 500) <= sizes[1] <= 10**6 / (2 * 4 * 500)


def test_a_budget_of_nothing_is_refused():
    model = mlp((4, 3))
    with pytest.raises(InputError, match=r"memory above 0, in bytes; found 0\. 10\*\*9"):
        Forward(
            model,
            Line(copied(model), copied(model)),
            (torch.ones(2, 4), torch.ones(2, 3)),
            memory=0,
        )
