"""Published forms of ResNets, written here as their authors wrote them, and the package's own."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from construction.errors import InputError, WeightsError
from construction.network.networks import CentredShortcut, resnet
from construction.network.published import from_published


class Block(nn.Module):
    """Two convolutions, and a shortcut of one of the published kinds."""

    def __init__(self, inputs: int, outputs: int, stride: int, kind: object) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.kind, self.wider = kind, outputs - inputs
        self.shortcut = nn.Sequential()
        if self.wider and kind == "convolutions":
            convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        if self.kind is False:
            return y.relu()
        if self.wider and self.kind != "convolutions":
            before = self.wider // 2 if self.kind == "centred" else 0
            x = pad(x[:, :, ::2, ::2], (0, 0, 0, 0, before, self.wider - before))
        return (y + self.shortcut(x)).relu()


class Network(nn.Module):
    """Of depth 14 and width 4."""

    def __init__(self, kind: object) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(Block(4, 4, 1, kind), Block(4, 4, 1, kind))
        self.layer2 = nn.Sequential(Block(4, 8, 2, kind), Block(8, 8, 1, kind))
        self.layer3 = nn.Sequential(Block(8, 16, 2, kind), Block(16, 16, 1, kind))
        self.linear = nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn1(self.conv1(x)).relu()
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def trained(kind: object) -> Network:
    """In float64, with statistics as after a training."""
    torch.manual_seed(0)
    network = Network(kind).double().eval()
    for norm in (one for one in network.modules() if isinstance(one, nn.BatchNorm2d)):
        for entry in (norm.weight, norm.bias, norm.running_mean):
            nn.init.normal_(entry)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    return network


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("kind", [True, False, "centred", "convolutions"])
def test_published_weights_compute_what_they_did_under_their_own_names(kind, prefix, counted):
    network, model = trained(kind), resnet(14, width=4, shortcuts=kind).double().eval()
    state = {
        f"{prefix}{name}": value
        for name, value in sorted(network.state_dict().items())  # as safetensors has them
        if counted or not name.endswith("num_batches_tracked")
    }
    weights = from_published(state, model)
    assert weights.keys() == model.state_dict().keys()
    model.load_state_dict(weights)
    x = torch.randn(5, 3, 9, 9, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(model(x), network(x), rtol=1e-12, atol=1e-12)
    again = from_published(weights, model)  # under the package's names already
    assert all(torch.equal(again[name], weights[name]) for name in weights)


def test_the_padding_decides_what_the_same_weights_compute():
    weights = from_published(trained("centred").state_dict(), resnet(14, width=4))
    x = torch.randn(5, 3, 8, 8, dtype=torch.float64)
    outputs = []
    for kind in (True, "centred"):
        model = resnet(14, width=4, shortcuts=kind).double().eval()
        model.load_state_dict(weights)
        outputs.append(model(x))
    assert (outputs[0] - outputs[1]).abs().max() > 0.1
    y = CentredShortcut(7, 2)(x[:, :, :5, :5])
    assert torch.equal(y[:, 2:5], x[:, :, :5:2, :5:2])
    assert not y[:, [0, 1, 5, 6]].any()


def test_weights_of_another_form_are_refused_entry_by_entry():
    with pytest.raises(WeightsError, match=r"12 unknown: '.*shortcut.*Pass the architecture"):
        from_published(trained("convolutions").state_dict(), resnet(14, width=4))
    missing = r"10 missing: '7\.shortcut\.0\.weight'"
    with pytest.raises(WeightsError, match=missing):
        from_published(trained(True).state_dict(), resnet(14, width=4, shortcuts="convolutions"))


def test_other_shortcuts_are_refused():
    with pytest.raises(
        InputError, match=r"or one among 'centred', 'convolutions'; found 'B'\. Use"
    ):
        resnet(14, shortcuts="B")
