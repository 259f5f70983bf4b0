"""How a network is read as steps, and which networks are refused."""

import pytest
import torch
from torch import nn

from construction import Line, construct
from construction.errors import ProofError
from construction.proof.program import read_program, results_of
from construction.proof.prover import prove

from ..problems import copied
from ..proofs import KINDS


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(x) if x.sum() > 0 else -self.head(x)


class Twice(nn.Module):
    """Flattens in another order than its steps say."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(x.view(-1, 4))


REFUSED = {
    "Tanh": (nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)), (2,)),
    "BatchNorm1d": (nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2)), (2,)),
    "torch.fx can follow": (Branching(), (2,)),
    "padding='same'": (nn.Sequential(nn.Conv2d(1, 1, 3, padding="same"), nn.Flatten()), (1, 4, 4)),
    "differ by": (Twice(), (2, 2, 2)),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_network_that_is_not_known_is_refused(reason):
    model, shape = REFUSED[reason]
    inputs = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0)).double()
    with pytest.raises(ProofError) as refused:
        read_program(model.double(), copied(model.double()), inputs)
    assert reason in str(refused.value)


def test_steps_give_what_the_module_gives():
    model, first, _, inputs = KINDS["resnet"]()
    steps = read_program(model, first, inputs.double())
    assert torch.allclose(results_of(steps, first, inputs.double())[-1], model(inputs.double()))


class Pooled(nn.Module):
    """A layer or a call between a convolution and a head whose name ends as methods in place do."""

    def __init__(self, between, width):
        super().__init__()
        self.first, self.between, self.head_ = nn.Conv2d(1, 2, 1), between, nn.Linear(width, 2)

    def forward(self, x):
        return self.head_(torch.flatten(self.between(self.first(x)), 1))


max_pool, avg_pool = nn.functional.max_pool2d, nn.functional.avg_pool2d
READ = {
    "ReLU in place": (nn.ReLU(inplace=True), 32, ["relu"]),
    "Dropout2d": (nn.Dropout2d(), 32, []),
    "Identity": (nn.Identity(), 32, []),
    "MaxPool2d": (nn.MaxPool2d(2, 1, padding=1), 50, ["max_pool"]),
    "max_pool2d": (lambda h: max_pool(h, 3, 1, 0, 1), 8, ["max_pool"]),
    "AvgPool2d": (nn.AvgPool2d(2, count_include_pad=False), 8, ["average_pool"]),
    "avg_pool2d": (lambda h: avg_pool(h, (2, 2), stride=(1, 2)), 12, ["average_pool"]),
    "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d((1, 1)), 2, ["average"]),
}


@pytest.mark.parametrize("between", READ)
def test_layers_are_read_as_the_calls_they_make(between):
    layer, width, kinds = READ[between]
    model = Pooled(layer, width).double().eval()
    inputs = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    steps = read_program(model, copied(model), inputs)
    assert [step.kind for step in steps][2:-2] == kinds
    assert torch.allclose(results_of(steps, copied(model), inputs)[-1], model(inputs))


@pytest.mark.parametrize(
    "between",
    [
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d(2, 1, dilation=2),
        nn.AvgPool2d(2, padding=1),
        nn.AvgPool2d(2, ceil_mode=True),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AdaptiveAvgPool2d(2),
        lambda h: max_pool(h, 2, return_indices=True)[0],
        lambda h: avg_pool(h, 2, padding=1),
    ],
)
def test_pooling_of_other_kinds_is_refused(between):
    model = Pooled(between, 8).double().eval()
    with pytest.raises(ProofError, match=r"the call (max|avg|adaptive_avg)_pool2d"):
        read_program(model, copied(model), torch.zeros(1, 1, 4, 4).double())


def test_leaky_relus_of_a_slope_from_0_to_1_are_read():
    inputs = torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    model = Pooled(nn.LeakyReLU(0.3), 32).double()
    step = read_program(model, copied(model), inputs)[2]
    assert (step.kind, dict(step.options)) == ("leaky_relu", {"negative_slope": 0.3})
    for slope in (-0.1, 2.0):
        model = Pooled(nn.LeakyReLU(slope), 32).double()
        with pytest.raises(ProofError, match=f"a leaky ReLU of the slope {slope}"):
            read_program(model, copied(model), inputs)


class Aliased(nn.Module):
    """Adds a value to what an in-place ReLU has made of it: twice the ReLU."""

    def __init__(self):
        super().__init__()
        self.body, self.relu, self.head = nn.Linear(2, 4), nn.ReLU(inplace=True), nn.Linear(4, 2)

    def forward(self, x):
        h = self.body(x)
        return self.head(self.relu(h) + h)


class Sliced(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(x[:, :2])


class Silent(nn.Module):
    """A branch of zeros hides that its pooling divides by one."""

    def __init__(self):
        super().__init__()
        self.pool, self.branch = nn.AvgPool2d(2, divisor_override=1), nn.Conv2d(1, 1, 1)
        self.other, self.head = nn.AvgPool2d(2), nn.Linear(4, 2)
        nn.init.zeros_(self.branch.weight)
        nn.init.zeros_(self.branch.bias)

    def forward(self, x):
        return self.head((self.branch(self.pool(x)) + self.other(x)).flatten(1))


class Broadcast(nn.Module):
    """A sum of a row and a column."""

    def __init__(self):
        super().__init__()
        self.row, self.column, self.head = nn.Linear(2, 3), nn.Linear(2, 1), nn.Linear(3, 2)

    def forward(self, x):
        return self.head(self.row(x) + self.column(x))


class Tokens(nn.Module):
    """A linear layer on tokens, whose bias runs along another axis than the steps would say."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Linear(3, 3), nn.Linear(9, 2)

    def forward(self, x):
        return self.head(self.embed(x).flatten(1))


@pytest.mark.parametrize(
    ("model", "shape", "reason"),
    [
        (Aliased(), (2,), "changes in place what is used elsewhere"),
        (Sliced(), (3,), "the call getitem"),
        (Silent(), (1, 4, 4), "the call avg_pool2d in the layer 'pool'"),
        (Tokens(), (3, 3), "outputs that differ"),
        (Broadcast(), (2,), "outputs that differ"),
    ],
)
def test_what_the_steps_would_misread_is_refused(model, shape, reason):
    inputs = torch.rand(6, *shape, generator=torch.Generator().manual_seed(0))
    first = copied(model)
    with torch.no_grad():
        wanted = 0.1 * model(inputs)
    last = {name: 0.2 * value for name, value in first.items()}
    path = construct(model, Line(first, last), (inputs, wanted), profile="valley", points=5)
    assert reason in prove(path).reason
