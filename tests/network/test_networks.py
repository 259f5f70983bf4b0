import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the customary name

from construction.errors import InputError
from construction.network.networks import PaddedShortcut, Residual, lenet, mlp, resnet

from ..problems import copied

MAKERS = {
    "mlp": lambda **given: mlp((12, 7, 3), **given),
    "lenet": lambda **given: lenet(size=12, widths=(2, 3, 5, 4), **given),
    "resnet": lambda **given: resnet(8, width=2, **given),
    "resnet without either": lambda **given: resnet(
        8, width=2, shortcuts=False, batch_norm=False, **given
    ),
}


def parameters(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


def layers(network: nn.Module, *kinds: type) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, kinds)]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_seed_makes_the_same_bits_and_leaves_the_global_state(make):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, again, other = (copied(make(seed=seed)) for seed in (0, 0, 4))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(next(iter(first.values())), next(iter(other.values())))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_he_weights_have_the_variance_two_over_inputs_and_no_bias(make):
    spread = {}
    for seed in range(30):
        for name, module in make(seed=seed).named_modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                fan = module.weight[0].numel()
                spread.setdefault(name, []).append(module.weight.square().mean().item() * fan / 2)
                assert module.bias is None or not module.bias.any()
    for name, values in spread.items():
        error = torch.tensor(values).std().item() / math.sqrt(len(values))
        assert abs(sum(values) / len(values) - 1) < 4 * error, name


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_default_weights_are_those_that_pytorch_gives_its_layers(make):
    for module in layers(make(initialisation="default"), nn.Linear, nn.Conv2d):
        bound = module.weight[0].numel() ** -0.5
        assert 0.5 * bound < module.weight.abs().max() <= bound
        assert module.bias is None or module.bias.abs().max() <= bound


@pytest.mark.parametrize("make", [mlp, lenet, resnet])
def test_an_unknown_initialisation_is_refused(make):
    given = {"widths": (2, 1)} if make is mlp else {}
    with pytest.raises(InputError, match=r"'he', 'xavier', 'default'; found 'zero'\. Use one"):
        make(initialisation="zero", **given)


# --- fully connected, initialised ---------------------------------------------------------------


def test_an_mlp_is_linear_layers_with_relus_between_on_flattened_inputs():
    network = mlp((6, 5, 4, 3))
    kinds = [type(layer) for layer in network]
    assert kinds == [nn.Flatten, nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert [tuple(layer.weight.shape) for layer in network if isinstance(layer, nn.Linear)] == [
        (5, 6),
        (4, 5),
        (3, 4),
    ]
    assert network(torch.zeros(7, 2, 3)).shape == (7, 3)


def test_he_initialisation_has_the_variance_2_over_inputs_in_every_layer_and_no_biases():
    for layer in mlp((400, 300, 200)):
        if isinstance(layer, nn.Linear):
            # 60,000 or more normal values: the standard deviation is known to 0.3 %
            assert layer.weight.std().item() == pytest.approx(
                (2 / layer.in_features) ** 0.5, rel=0.02
            )
            assert abs(layer.weight.mean().item()) < 0.01 * layer.weight.std().item() * 5
            assert not layer.bias.any()


def test_default_initialisation_is_uniform_within_one_over_the_root_of_the_inputs():
    layer = mlp((400, 300), initialisation="default")[1]
    largest = layer.weight.abs().max().item()
    assert 0.99 / 20 < largest <= 1 / 20
    assert layer.bias.abs().max() > 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_network_leaves_the_random_state_of_the_cuda_device_as_it_was():
    torch.zeros(1, device="cuda")
    before = torch.cuda.get_rng_state()
    mlp((4, 3), seed=7)
    assert torch.equal(torch.cuda.get_rng_state(), before)


@pytest.mark.parametrize("widths", [(), (3,), (3, 0, 2), (3, -1)])
def test_fewer_than_two_widths_or_one_without_units_are_refused(widths):
    with pytest.raises(InputError, match=r"at least (2 widths|1 unit); found -?\d\. Give"):
        mlp(widths)


# --- LeNet ---------------------------------------------------------------------------------------


def test_lenet_has_the_parameters_of_its_layers():
    convolutions = 6 * (25 + 1) + 16 * (6 * 25 + 1)
    assert parameters(lenet()) == convolutions + 120 * (400 + 1) + 84 * (120 + 1) + 10 * (84 + 1)


def test_lenet_computes_what_the_paper_says():
    network = lenet(3, 17, 4, widths=(2, 3, 6, 5), initialisation="default").double()
    x = torch.randn(5, 3, 17, 17, dtype=torch.float64)
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = network.parameters()
    maps = F.max_pool2d(F.conv2d(x, w1, b1, padding=2).relu(), 2)
    maps = F.max_pool2d(F.conv2d(maps, w2, b2).relu(), 2)
    hidden = (maps.reshape(5, -1) @ w3.T + b3).relu()
    wanted = (hidden @ w4.T + b4).relu() @ w5.T + b5
    torch.testing.assert_close(network(x), wanted)


def test_lenet_refuses_what_it_cannot_be_made_of():
    with pytest.raises(InputError, match=r"at least 12 x 12; found size 11\. Use an mlp"):
        lenet(size=11)
    with pytest.raises(InputError, match=r"four widths.*found \(6, 16\)\. Give four"):
        lenet(widths=(6, 16))


# --- residual networks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)]
)
def test_resnets_have_as_many_parameters_and_layers_as_published(depth, millions):
    network = resnet(depth)
    digits = 1 if depth == 110 else 2
    assert round(parameters(network) / 1e6, digits) == millions  # table 6 of the paper
    assert len(layers(network, nn.Conv2d, nn.Linear)) == depth
    assert parameters(resnet(depth, shortcuts=False)) == parameters(network)  # option A has none


def reference(network: nn.Module, x: torch.Tensor, shortcuts: bool) -> torch.Tensor:
    """The paper's section 4.2 over the convolutions and norms of a network, in their order."""
    convolutions = iter(layers(network, nn.Conv2d))
    norms = iter(layers(network, nn.BatchNorm2d))

    def convolved(x):
        layer = next(convolutions)
        y = F.conv2d(x, layer.weight, layer.bias, layer.stride, 1)
        norm = next(norms, None)
        if norm is None:
            return y
        spread = (norm.running_var + norm.eps).sqrt()
        column = (slice(None), None, None)
        y = (y - norm.running_mean[column]) / spread[column]
        return y * norm.weight[column] + norm.bias[column]

    x = convolved(x).relu()
    for _ in range((len(layers(network, nn.Conv2d)) - 1) // 2):
        y = convolved(convolved(x).relu())
        if shortcuts and y.shape != x.shape:
            zeros = torch.zeros_like(y)
            zeros[:, : x.shape[1]] = x[:, :, ::2, ::2]
            x = zeros
        x = (y + x if shortcuts else y).relu()
    (head,) = layers(network, nn.Linear)
    return x.mean(dim=(2, 3)) @ head.weight.T + head.bias


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("shortcuts", [True, False])
@pytest.mark.parametrize("size", [8, 7])
def test_a_resnet_computes_what_the_paper_says(shortcuts, batch_norm, size):
    given = {"shortcuts": shortcuts, "batch_norm": batch_norm}
    network = resnet(14, channels=2, outputs=3, width=4, seed=2, **given).double()
    x = torch.randn(6, 2, size, size, dtype=torch.float64)
    with torch.no_grad():
        for norm in layers(network, nn.BatchNorm2d):
            for entry in (norm.weight, norm.bias, norm.running_mean):
                entry.normal_()
            norm.running_var.uniform_(0.5, 2)
        torch.testing.assert_close(network.eval()(x), reference(network, x, shortcuts))
    assert bool(layers(network, Residual)) == shortcuts
    assert bool(layers(network, nn.BatchNorm2d)) == batch_norm
    assert all((layer.bias is None) == batch_norm for layer in layers(network, nn.Conv2d))


def test_without_batch_norm_activations_keep_their_size_through_27_blocks():
    growth = []
    for seed in range(8):
        x = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
        sizes = []
        for layer in resnet(56, width=8, batch_norm=False, seed=seed)[:-3]:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                sizes.append(x.square().sum(dim=1).mean().item())  # of one pixel, all channels
        assert len(sizes) == 28
        growth.append([size / sizes[0] for size in sizes])
    mean = torch.tensor(growth).mean(dim=0)
    assert mean.min() > 0.5
    assert mean.max() < math.e**2


def test_a_padded_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    x = torch.randn(2, 3, 5, 5)
    y = PaddedShortcut(7, 2)(x)
    assert y.shape == (2, 7, 3, 3)
    assert torch.equal(y[:, :3], x[:, :, ::2, ::2])
    assert not y[:, 3:].any()


@pytest.mark.parametrize("depth", [2, 18, 21])
def test_other_depths_are_refused(depth):
    with pytest.raises(InputError, match=rf"6 n \+ 2, n = 1, 2, \.\.\.; found {depth}\. 20 and"):
        resnet(depth)
