"""Small networks of every kind that proofs know, and paths on them."""

import numpy as np
import torch
from torch import nn

from construction import Line, Polyline, construct
from construction.network.networks import lenet, mlp, resnet
from construction.proof.bounds import Segment
from construction.proof.program import read_program

from .problems import copied


class Leaky(nn.Module):
    """Dilation, groups and leaky ReLUs, as layers and as calls."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=2, dilation=2)
        self.second = nn.Conv2d(4, 6, 3, stride=2, groups=2)
        self.bend, self.head = nn.LeakyReLU(0.2), nn.Linear(54, 3)

    def forward(self, x):
        h = nn.functional.leaky_relu(self.first(x))
        return self.head(self.bend(self.second(h)).flatten(1))


class Written(nn.Module):
    """A residual network written with functions, as people do."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 3, 3, stride=2, padding=1)
        self.second = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.head = nn.Linear(12, 3)

    def forward(self, x):
        h = torch.relu(self.first(x))
        h = nn.functional.max_pool2d(nn.functional.relu(h + self.second(h)), 2)
        h = nn.functional.dropout(h, training=self.training)
        return self.head(h.view(h.size(0), -1))


def drawn(make, *shape, samples=4):
    """A network, weights of two seeds, and inputs."""
    generator = torch.Generator().manual_seed(3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first = make(0).double()
        torch.manual_seed(1)
        second = make(1).double()
    return first, copied(first), copied(second), torch.randn(samples, *shape, generator=generator)


def averages(seed):
    """A LeNet whose pooling takes means."""
    layers = lenet(size=12, widths=(2, 3, 8, 6), seed=seed)
    return nn.Sequential(*(nn.AvgPool2d(2) if isinstance(x, nn.MaxPool2d) else x for x in layers))


KINDS = {
    "mlp": lambda: drawn(lambda seed: mlp((5, 16, 8, 3), seed=seed), 5),
    "lenet": lambda: drawn(lambda seed: lenet(size=12, widths=(2, 3, 8, 6), seed=seed), 1, 12, 12),
    "lenet, averages": lambda: drawn(averages, 1, 12, 12),
    "resnet": lambda: drawn(
        lambda seed: resnet(8, channels=1, width=2, batch_norm=False, seed=seed), 1, 8, 8
    ),
    "written": lambda: drawn(lambda seed: Written(), 1, 8, 8),
    "leaky": lambda: drawn(lambda seed: Leaky(), 1, 8, 8),
}


def segment_of(kind):
    """The segment between the two seeds, its network and inputs."""
    model, first, second, inputs = KINDS[kind]()
    steps = read_program(model, first, inputs.double())
    return Segment(steps, 0.0, 1.0, first, second), model, inputs.double()


def at(model, segment, inputs, lam):
    """The model's own outputs on the segment, in float64."""
    with torch.no_grad():
        return torch.func.functional_call(model.eval(), segment.weights(lam), (inputs,))


def fitted(widths=(4, 12, 8, 3), *, loss="squared", steps=300, samples=60, seed=0, head=1.0):
    """A small classifier trained by Adam, and its data."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(samples, widths[0], generator=generator)
    labels = inputs[:, : widths[-1]].argmax(1)
    model = mlp(widths, seed=seed)
    with torch.no_grad():
        model[-1].weight *= head
    initial = copied(model)
    adam = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(steps):
        outputs = model(inputs)
        if loss == "squared":
            hot = nn.functional.one_hot(labels, widths[-1])
            value = (outputs - hot).square().sum(1).mean()
        else:
            value = nn.functional.cross_entropy(outputs, labels)
        adam.zero_grad()
        value.backward()
        adam.step()
    return model, initial, copied(model), (inputs, labels)


def constructed(profile="paper", *, points=41, **options):
    model, initial, final, data = fitted(head=3.0)
    return construct(model, Line(initial, final), data, profile=profile, points=points, **options)


def separated(points=41):
    """Cross-entropy until every sample is classified correctly, and the valley it leaves."""
    model, initial, final, data = fitted((4, 24, 24, 3), loss="cross_entropy", head=3.0, seed=2)
    line = Line(initial, final)
    return construct(model, line, data, loss="cross_entropy", profile="valley", points=points)


def passing_zero():
    """A linear network whose outputs vanish at lambda = 1/2, and there alone."""
    model = nn.Sequential(nn.Linear(2, 2, bias=False)).double()
    weight = torch.tensor([[1.0, 0.5], [-0.5, 1.0]]).double()
    path = Polyline([{"0.weight": 3 * weight}, {"0.weight": -weight}], [0.0, 1.0])
    inputs = torch.eye(2).double()
    return model, path, (inputs, -0.9 * inputs @ weight.T)


def densely(start, stop, count=23):
    return np.linspace(start, stop, count)


def contiguous(statement):
    ends = [interval.stop for interval in statement.intervals]
    starts = [interval.start for interval in statement.intervals]
    return starts == [0.0, *ends[:-1]] and ends[-1] == 1.0


def statement_of(proof, name):
    statement = proof.statement(name)
    assert statement is not None
    return statement


#: Losses whose targets are classes.
CLASSES = ("cross_entropy", "label_smoothing")


def outputs_and_targets(loss, seed=0):
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(12, 3, generator=generator).double()
    if loss.name in CLASSES:
        raw = torch.randint(0, 3, (12,), generator=generator)
    elif loss.name == "hinge":
        raw = torch.randn(12, 3, generator=generator).double().sign()
    elif loss.name == "poisson":
        raw = torch.poisson(torch.ones(12, 3).double(), generator=generator)
    else:
        raw = torch.rand(12, 3, generator=generator).double()
    return outputs, raw, loss.targets(raw, outputs)
