"""Networks not written for the package, two states of each, training and test data; float64."""

import torch
from torch import nn


class Attention(nn.Module):
    """A transformer of one block over short sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(4, 8)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.block(self.embed(x)).mean(1))


def _mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 3))


def _cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(),
        nn.Linear(16, 3),
    )  # fmt: skip


def _regression() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 2))


def _classes(build, shape):
    def made():
        torch.manual_seed(0)
        random = torch.Generator().manual_seed(0)
        data, test = (
            (
                torch.randn(count, *shape, generator=random).double(),
                torch.randint(3, (count,), generator=random),
            )
            for count in (30, 20)
        )
        return build().double(), _states(build, data[0]), data, test

    return made


def _states(build, inputs):
    """After a pass in training mode, which changes running statistics."""
    states = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = build().double().train()
        with torch.no_grad():
            model(inputs * seed)
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    return states


def _real():
    random = torch.Generator().manual_seed(0)
    x, test_x = (torch.randn(count, 6, generator=random).double() for count in (30, 20))
    pairs = [(one, one[:, :2].sin()) for one in (x, test_x)]
    return _regression().double(), _states(_regression, x), *pairs


NETWORKS = {
    "mlp": _classes(_mlp, (6,)),
    "cnn": _classes(_cnn, (2, 6, 6)),
    "transformer": _classes(Attention, (5, 4)),
    "regression": _real,
}
