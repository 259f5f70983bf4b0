"""Nothing waits for a GPU: what would is counted where there is none."""

from collections import Counter
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from construction import Line, construct_many, mlp
from construction.forward import choice
from construction.forward.batches import arriving
from construction.forward.forward import Forward
from construction.forward.samples import Samples
from construction.loss.catalogue import as_loss
from construction.loss.custom import Custom
from construction.sheet import ray_sheet, rays

#: Operations that read a value on the host, or whose result's shape is one.
WAITING = {
    f"aten.{name}.default"
    for name in ("_local_scalar_dense", "nonzero", "is_nonzero", "equal", "_unique2", "bincount")
}
X = torch.randn(200, 6, generator=torch.Generator().manual_seed(0))
Y = torch.arange(200) % 3


class Waits(TorchDispatchMode):
    """Counts the operations that a GPU would be waited for; copies to the host are reads, too."""

    def __init__(self):
        super().__init__()
        self.found = Counter()
        self.copied = None

    def copy(self, tensor, name, own):
        """By a method of the tensor; of a copy no more is needed."""
        self.found[name] += tensor is not self.copied
        self.copied = own(tensor)
        return self.copied

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        indexed = str(func).startswith("aten.index") and any(
            x is not None and x.dtype in (torch.bool, torch.uint8)
            for x in (args[1] if isinstance(args[1], tuple | list) else ())
        )
        if str(func) in WAITING or indexed:
            self.found[str(func)] += 1
        return func(*args, **(kwargs or {}))


@contextmanager
def counted(monkeypatch):
    """Copies to the host count as well: on a CPU they are no operations."""
    with Waits() as waits, monkeypatch.context() as patch:
        for name in ("cpu", "tolist", "numpy"):
            own = getattr(torch.Tensor, name)
            patch.setattr(torch.Tensor, name, lambda x, n=name, own=own: waits.copy(x, n, own))
        yield waits.found


def normalised(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 3))


#: A network by seed, options, and what serves.
NETWORKS = {
    "plain": (normalised, {"batch_norm": "interpolate"}),
    "first layer interpolated": (lambda seed: mlp((6, 9, 3), seed=seed), {}),
    "recomputed": (normalised, {"batch_norm": "recompute"}),
    "any callable": (lambda seed: mlp((6, 9, 3), seed=seed), {"callable": True}),
}


@pytest.fixture
def elsewhere(monkeypatch):
    """What is done where the device is no CPU: the rays of all lambdas are solved together."""
    monkeypatch.setattr(rays, "SMALL", 2**30)
    monkeypatch.setattr(ray_sheet, "MEASURED", None)
    monkeypatch.setattr(choice, "ENOUGH", 0)
    monkeypatch.setattr(choice, "INTERPOLATED", 0)
    monkeypatch.setattr(torch.Tensor, "is_cpu", False)


def own(p, y):
    return functional.cross_entropy(p, y, reduction="none")


@pytest.mark.parametrize("loss", ["squared", "cross_entropy", "absolute", own])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_gpu_is_waited_for_at_most_once_a_lambda(network, loss, elsewhere, monkeypatch):
    build, options = NETWORKS[network]
    ends = [{k: v.clone() for k, v in build(seed).state_dict().items()} for seed in (0, 1)]
    line, options = Line(*ends), dict(options)
    path = (lambda lam: line(lam)) if options.pop("callable", False) else line
    forward = Forward(build(0), path, (X, Y), loss=as_loss(loss), **options)
    forward.data.divide(50)
    solving = []

    def minimise(evaluate, *known, own=ray_sheet.minimise):
        """At most two waits a step: which are solved, and how large the exponents are."""
        before, steps = waits.total(), []
        result = own(lambda *given: steps.append(evaluate(*given)) or steps[-1], *known)
        solving.append(waits.total() - before)
        assert solving[-1] <= 2 * len(steps) + 1
        return result

    forward.along(np.linspace(0, 1, 8))  # once, to choose the method
    monkeypatch.setattr(ray_sheet, "minimise", minimise)
    found = []
    for points in (8, 24):
        solving.clear()
        with counted(monkeypatch) as waits:
            forward.along(np.linspace(0, 1, points) * 0.9)
        found.append(waits.total() - sum(solving))
        assert len(solving) <= 1
    few, many = found
    looked = network in ("recomputed", "any callable")  # weights of such paths are, once a lambda
    assert many - few <= 16 * looked
    assert few <= 8 * looked + (2 if loss == "squared" else 16)


def test_targets_of_a_loss_of_ones_own_are_not_read_back(elsewhere, monkeypatch):
    loss, calls = Custom(lambda p, y: calls.append(len(p)) or own(p, y)), []
    with counted(monkeypatch) as waits:
        kept = [Y[:], Y[:], Y[100:], Y[100:]]
        sums = [loss.zero(torch.zeros(len(y), 3).double(), y) for y in kept]
    assert not waits.total()
    assert calls == [200, 100]  # the same memory is asked once
    assert [float(one) for one in sums] == pytest.approx([np.log(3) * len(y) for y in kept])


def test_nothing_is_read_back_at_a_lambda_of_many_networks(monkeypatch):
    networks = [mlp((6, 9, 3), seed=seed) for seed in range(3)]
    initial, _ = torch.func.stack_module_state(networks)
    final = {name: value.detach() / 9 for name, value in initial.items()}
    found = []
    for points in (3, 9):
        with counted(monkeypatch) as waits:
            construct_many(networks[0], initial, final, (X, Y), points=points)
        found.append(waits.total())
    assert found[0] == found[1]


def test_a_wait_is_seen(monkeypatch):
    x = torch.ones(3)
    with counted(monkeypatch) as waits:
        float(x[0]), x.tolist(), x.cpu().numpy(), x[x > 0], torch.nonzero(x)
    assert waits.total() == 5


def test_targets_are_looked_at_once_and_those_read_anew_in_each_pass(monkeypatch):
    looked = []
    own = as_loss("squared")
    monkeypatch.setattr(
        own, "require", lambda raw, outputs: looked.append((len(raw), len(outputs)))
    )
    data = Samples((X, Y), torch.device("cpu"), torch.float32, 10**6, loss=own)
    data.divide(100)
    data.expect(torch.zeros(5, 3))
    assert looked == [(100, 100)] * 2
    assert len(list(data)) == 2
    assert len(looked) == 2
    data.streams = True
    assert len(list(data)) == 2
    assert len(looked) == 4


class Stream:
    """Stands for one of a GPU's: notes what waits for what."""

    def __init__(self, name, said):
        self.name, self.said = name, said

    def wait_stream(self, other):
        self.said.append(f"{self.name} after {other.name}")

    def record_event(self):
        return f"copy {sum(x.startswith('send') for x in self.said)}"

    def wait_event(self, event):
        self.said.append(f"{self.name} waits for {event}")

    def __enter__(self):
        self.said.append("begin")

    def __exit__(self, *_):
        self.said.append("end")


def test_the_next_tile_is_on_its_way_while_the_network_runs_on_this_one(monkeypatch):
    said = []
    copying, now = Stream("copying", said), Stream("network", said)
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: copying)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: now)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda x: x + 1)
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda x, stream: said.append("stays"))

    def send(pair):
        said.append(f"send {int(pair[0][0])}")
        return pair

    tiles = [(torch.full((2,), float(k)), torch.tensor([k, k])) for k in range(3)]
    found = []
    for inputs, targets in arriving(tiles, send, torch.device("cuda")):
        said.append(f"run {int(inputs[0])}")
        found.append((inputs.tolist(), targets.tolist()))
    assert found == [([k + 1.0] * 2, [k + 1] * 2) for k in range(3)]
    order = [x for x in said if x.startswith(("send", "run", "network"))]
    assert order == [
        *("send 1", "send 2", "network waits for copy 1", "run 1"),
        *("send 3", "network waits for copy 2", "run 2"),
        *("network waits for copy 3", "run 3"),
    ]
    assert said.count("stays") == 6
    assert said.count("copying after network") == 3
