"""A path on every kind of network, from initial weights to trained ones, certified."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from construction.data import load, standardised
from construction.errors import ConditionError, InputError
from construction.network.heads import scale_head
from construction.network.networks import lenet, mlp, resnet
from construction.path.paths import Line
from construction.theorem.construct import construct, with_profile

from ..problems import Problem, copied
from ..zoo import torchvision


class Transformer(nn.Module):
    """Rows of a digit as words; the class is read from a token of its own."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.embed = nn.Linear(14, width)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(0.1 * torch.randn(1, 15, width))
        layer = nn.TransformerEncoderLayer(width, nhead=2, dim_feedforward=16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        words = torch.cat([self.token.expand(len(x), -1, -1), self.embed(x)], dim=1)
        return self.head(self.encoder(words + self.position)[:, 0])


class Reader(nn.Module):
    """Rows of a digit as a sequence, read by an LSTM."""

    def __init__(self, width: int = 8):
        super().__init__()
        self.memory = nn.LSTM(14, width, batch_first=True)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.memory(x)[0][:, -1])


class Case(NamedTuple):
    make: Callable[[], nn.Module]
    shape: Callable[[Tensor], Tensor]  # of the inputs, from digits (samples, 28, 28)
    head: str
    batch_norm: str | None = None


def every_second(x: Tensor) -> Tensor:
    return x[:, ::2, ::2]


def image(x: Tensor) -> Tensor:
    return every_second(x)[:, None]


def residual() -> nn.Module:
    return resnet(8, channels=1, width=4, seed=1)


def mobilenet() -> nn.Module:
    return torchvision().models.mobilenet_v3_small(weights=None, num_classes=10, width_mult=0.25)


CASES = {
    "mlp": Case(lambda: mlp((784, 16, 10), seed=1), lambda x: x, "3"),
    "lenet": Case(lambda: lenet(widths=(3, 4, 16, 12), seed=1), lambda x: x[:, None], "11"),
    "resnet-8, interpolated": Case(residual, image, "11", "interpolate"),
    "resnet-8, recomputed": Case(residual, image, "11", "recompute"),
    "transformer": Case(Transformer, every_second, "head"),
    "lstm": Case(Reader, every_second, "head"),
    "mobilenet": Case(
        mobilenet, lambda x: x[:, None].expand(-1, 3, -1, -1), "classifier.3", "recompute"
    ),
}


@cache
def trained(name: str, loss: str) -> Problem:
    """Twelve digits fitted by a few steps of Adam, in float64."""
    case = CASES[name]
    digits = load("mnist-5k")
    images = torch.from_numpy(standardised(digits.train_images[:12])).double()
    labels = torch.from_numpy(digits.train_labels[:12].astype(np.int64))
    inputs = case.shape(images.reshape(-1, 28, 28)).contiguous()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = case.make().double()
        initial = copied(model)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 0.5  # so that running statistics keep up with so short a training
        adam = torch.optim.Adam(model.parameters(), lr=0.01)
        for _ in range(8):
            adam.zero_grad()
            outputs = model(inputs)
            if loss == "squared":
                mse_loss(outputs, one_hot(labels, 10).double()).mul(10).backward()
            else:
                cross_entropy(outputs, labels).backward()
            adam.step()
    return Problem(model, Line(initial, copied(model)), (inputs, labels))


SLOW = {"mobilenet": pytest.mark.slow}  # 50 layers, forwards and backwards


@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, ())) for name in CASES])
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_a_path_is_constructed_and_certified(name, loss):
    problem, case = trained(name, loss), CASES[name]
    path = construct(*problem, loss=loss, profile="valley", points=5, batch_norm=case.batch_norm)
    assert path.forward.head == case.head
    assert (np.diff(path.objective) < 0).all()
    assert path.certify(points=9).holds
    if path.conditions.theorem_applies:
        assert with_profile(path, "paper").certify(points=9).holds
    else:
        with pytest.raises(ConditionError, match=r"condition [12]: .*margin -?\d"):
            with_profile(path, "paper")


def test_a_model_of_the_zoo_that_ends_in_a_convolution_is_served():
    torch.manual_seed(0)
    model = torchvision().models.squeezenet1_1(weights=None, num_classes=10)
    path = Line(scale_head(copied(model), "classifier.1", 9.0), copied(model))
    data = (torch.randn(2, 3, 32, 32), torch.tensor([0, 1]))
    assert construct(model, path, data, points=3).head == "classifier.1"


def test_a_callable_that_writes_each_weight_into_the_same_tensors_is_read_at_each_lambda():
    layer, data = (
        nn.Linear(1, 1, bias=False, dtype=torch.float64),
        (torch.ones(1, 1), torch.ones(1, 1)),
    )

    def path(lam, jump=0.0):
        with torch.no_grad():
            layer.weight.fill_(4 - 2.5 * lam - (jump if lam > 0.3 else 0))
        return layer.state_dict()

    found = construct(layer, path, data, points=5)
    early, late = found.weights(0.2), found.weights(0.9)
    for state, s in ((early, 0.2), (late, 0.9)):
        assert (float(state["weight"]) - 1) ** 2 == pytest.approx(found.at(s).objective, rel=1e-12)
    with pytest.raises(InputError, match=r"continuous in lambda; found weights that jump by 0\.5"):
        construct(layer, lambda lam: path(lam, 0.5), data, points=5)
