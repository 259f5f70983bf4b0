"""Each architecture computes what its formula says, from a recipe, on data in its shape."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from construction.data import Dataset
from construction.errors import InputError
from construction.network.architectures import LSTM, MLP, LeNet, ResNet
from construction.network.heads import find_head, scale_head
from construction.network.networks import PIECES, lstm, mlp, resnet
from construction.training import build as architectures
from construction.training.build import build, inputs_of, tensors
from construction.training.recipe import Recipe


def random_images(name: str, *shape: int, **options) -> Dataset:
    """Six training and three test images, of three classes in turn."""
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 256, (count, *shape), np.uint8) for count in (6, 3))
    labels = np.arange(6, dtype=np.uint8) % 3
    return Dataset(name, train, labels, test, labels[:3], **options)


GREY = random_images("grey", 28, 28)
COLOURED = random_images("coloured", 3, 32, 32, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
ON_GREY = [
    MLP((784, 5, 10), "sigmoid"),
    MLP((784, 5, 4, 10), "maxout"),
    MLP((784, 5, 4, 10), batch_norm=True),
    MLP((784, 5, 4, 10), "none"),
    LeNet(widths=(2, 3, 5, 4)),
    LSTM(hidden=4),
    ResNet(8, width=2, channels=1),
]
ON_COLOURED = [
    MLP((3072, 5, 10), "tanh"),
    LeNet(3, 32, widths=(2, 3, 5, 4)),
    LSTM(inputs=96, hidden=4),
    ResNet(8, width=2),
    ResNet(14, width=2, shortcuts=False, batch_norm=False),
]
ALL = [(GREY, one) for one in ON_GREY] + [(COLOURED, one) for one in ON_COLOURED]


def label(value) -> str:
    return getattr(value, "label", getattr(value, "name", ""))


@pytest.mark.parametrize(("dataset", "architecture"), ALL, ids=label)
def test_every_architecture_takes_its_data_and_has_a_head_that_scales_its_outputs(
    dataset, architecture
):
    inputs = tensors(dataset, architecture).train_inputs
    network = build(Recipe(architecture=architecture)).eval()
    outputs = network(inputs)
    assert outputs.shape == (6, 10)
    head = find_head(network, inputs)
    network.load_state_dict(scale_head(network.state_dict(), head, 3.0))
    assert network(inputs).detach().numpy() == pytest.approx(3 * outputs.detach().numpy(), rel=1e-4)


@pytest.mark.parametrize(("dataset", "architecture"), ALL, ids=label)
def test_the_seed_alone_decides_the_weights_and_the_global_random_state_stays(
    dataset, architecture
):
    recipe = Recipe(architecture=architecture)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, again, other = (
        torch.cat([p.detach().flatten() for p in build(one).parameters()])
        for one in (recipe, recipe, replace(recipe, seed=1))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


# --- fully connected -----------------------------------------------------------------------------

FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "none": lambda x: x,
    "maxout": lambda x: x.reshape(len(x), -1, PIECES).max(2),
}


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_a_fully_connected_network_is_its_formula(activation):
    network = mlp((3, 5, 4, 2), activation=activation, initialisation="default", seed=2).double()
    x = np.random.default_rng(1).normal(size=(7, 3))
    weights = [p.detach().numpy() for p in network.parameters()]
    wanted = x
    for k, (weight, bias) in enumerate(zip(weights[::2], weights[1::2], strict=True)):
        wanted = wanted @ weight.T + bias
        wanted = FUNCTIONS[activation](wanted) if k < 2 else wanted
    assert network(torch.from_numpy(x)).detach().numpy() == pytest.approx(wanted, abs=1e-12)


def test_the_deep_linear_network_is_the_product_of_its_matrices():
    network = mlp((4, 5, 6, 3), activation="none").double()
    product = torch.linalg.multi_dot([w for w in network.parameters() if w.ndim == 2][::-1])
    x = torch.randn(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(network(x), x @ product.T)


def test_batch_norm_stands_between_each_layer_and_its_activation_and_replaces_its_bias():
    network = mlp((3, 5, 4, 2), batch_norm=True)
    kinds = [type(layer).__name__ for layer in network]
    assert kinds == ["Flatten", *["Linear", "BatchNorm1d", "ReLU"] * 2, "Linear"]
    assert [layer.bias is None for layer in network if hasattr(layer, "in_features")] == [
        True,
        True,
        False,
    ]
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
    normalised = network[:3](x)
    assert normalised.mean(0).detach().numpy() == pytest.approx(np.zeros(5), abs=1e-6)
    assert normalised.var(0, correction=0).detach().numpy() == pytest.approx(np.ones(5), rel=1e-3)


def test_xavier_draws_uniformly_with_variance_2_over_inputs_plus_outputs():
    weight = mlp((300, 200, 2), initialisation="xavier")[1].weight.detach()
    end = (6 / 500) ** 0.5
    assert weight.abs().max() == pytest.approx(end, rel=1e-3)
    assert weight.abs().max() <= end
    assert weight.var() == pytest.approx(2 / 500, rel=0.02)
    assert not mlp((3, 2), initialisation="xavier")[1].bias.any()


def test_an_unknown_activation_is_refused_with_those_there_are():
    with pytest.raises(InputError, match="'tanh', 'maxout', 'none'; found 'elu'"):
        mlp((3, 2, 1), activation="elu")


# --- recurrent -----------------------------------------------------------------------------------


def test_the_recurrent_network_is_its_recurrence_read_row_by_row():
    network = lstm(3, 4, 2, initialisation="default", seed=1).double()
    own = {name: p.detach().numpy() for name, p in network.named_parameters()}
    into, back = own["0.lstm.weight_ih_l0"], own["0.lstm.weight_hh_l0"]
    bias = own["0.lstm.bias_ih_l0"] + own["0.lstm.bias_hh_l0"]
    x = np.random.default_rng(0).normal(size=(5, 6, 3))
    state = cell = np.zeros((5, 4))
    for row in range(6):
        gates = x[:, row] @ into.T + state @ back.T + bias
        write, forget, new, read = np.split(gates, 4, axis=1)
        cell = sigmoid(forget) * cell + sigmoid(write) * np.tanh(new)
        state = sigmoid(read) * np.tanh(cell)
    wanted = state @ own["1.weight"].T + own["1.bias"]
    assert network(torch.from_numpy(x)).detach().numpy() == pytest.approx(wanted, abs=1e-12)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def test_the_only_linear_layer_of_the_recurrent_network_is_its_head():
    layers = [m for m in lstm().modules() if isinstance(m, torch.nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in layers] == [(128, 10)]
    with pytest.raises(InputError, match="found 'zero'"):
        lstm(initialisation="zero")


# --- from a recipe -------------------------------------------------------------------------------


def test_a_recipe_builds_the_residual_network_with_its_options():
    options = {"depth": 14, "width": 3, "shortcuts": False, "batch_norm": False, "channels": 1}
    mine = build(Recipe(architecture=ResNet(outputs=4, **options), seed=3)).state_dict()
    wanted = resnet(outputs=4, seed=3, **options).state_dict()
    assert mine.keys() == wanted.keys()
    assert all(torch.equal(mine[name], wanted[name]) for name in wanted)


def test_images_come_standardised_in_the_shape_of_the_network(monkeypatch):
    monkeypatch.setattr(architectures, "load", lambda name: COLOURED)
    images = COLOURED.test_images
    for architecture, shape in ((ResNet(), (3, 3, 32, 32)), (LSTM(96), (3, 32, 96))):
        found = inputs_of(Recipe(architecture=architecture))
        assert found.test_inputs.shape == shape
        assert found.test_inputs.dtype == torch.float32
        assert found.test_targets.tolist() == [0, 1, 2]
    red, blue = images[2, 0, 4, 7] / 255, images[2, 2, 4, 7] / 255
    wanted = [(red - 0.4) / 0.2, (blue - 0.6) / 0.4]
    assert found.test_inputs[2, 4, [7 * 3, 7 * 3 + 2]].tolist() == pytest.approx(wanted, abs=1e-6)


def test_a_recipe_may_ask_for_few_training_images_a_class_and_has_all_test_images(monkeypatch):
    monkeypatch.setattr(architectures, "load", lambda name: GREY)
    found = inputs_of(Recipe(samples=1))
    assert found.train_targets.tolist() == [0, 1, 2]
    assert len(found.test_targets) == 3
    assert torch.equal(found.train_inputs, inputs_of(Recipe()).train_inputs[:3])
