"""A sample holds what the network itself gives, comes back to the bit, and is refused where odd."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, Polyline, construct, mlp
from construction.errors import InputError, RecordError
from construction.files import archive
from construction.network.heads import scale_head
from construction.record.record import Record
from construction.record.sample import Units
from construction.theorem.sampled import LAMBDAS, OUTPUTS, SIDE, UNITS

IMAGES = torch.randint(0, 256, (40, 4, 5), generator=torch.Generator().manual_seed(1)) / 255
LABELS = torch.arange(40) % 3
SHOWN = (IMAGES[:6], LABELS[:6])


def recorded(model=None, states=None, data=(IMAGES, LABELS), sample=SHOWN, points=9, **options):
    """The record of a short path with a sample."""
    model = model or mlp((20, 30, 8, 3), seed=2)
    start = model.state_dict()
    head = [name for name, part in model.named_modules() if isinstance(part, nn.Linear)][-1]
    states = states or [start, scale_head(start, head, 0.1)]
    path = Line(*states) if len(states) == 2 else Polyline(states)
    return construct(model, path, data, points=points).record(sample=sample, **options)


def by_hand(state, inputs):
    """Activations and outputs of a fully connected network with these weights, in numpy."""
    below, names = inputs.flatten(1).double().numpy(), sorted({key.split(".")[0] for key in state})
    seen = []
    for name in names:
        weight, bias = (state[f"{name}.{part}"].double().numpy() for part in ("weight", "bias"))
        below = below @ weight.T + bias
        if name != names[-1]:
            below = np.maximum(below, 0)
            seen.append(below)
    return seen, below


@pytest.fixture(scope="module")
def three():
    """A record along three networks, and their state dicts."""
    states = [mlp((20, 30, 8, 3), seed=seed).state_dict() for seed in (2, 5)]
    states.append(scale_head(states[1], "5", 0.1))
    return recorded(states=states), states


def test_outputs_units_and_weights_are_the_networks_own(three):
    record, states = three
    sample = record.routes[0].sample
    path = Polyline(states)
    assert {0.0, 0.5, 1.0} <= set(sample.lam) <= set(record.routes[0].sheet.lam)
    for k, lam in enumerate(sample.lam):
        np.testing.assert_allclose(
            sample.outputs[k], by_hand(path(lam), SHOWN[0])[1], rtol=1e-4, atol=1e-5
        )
    for k, lam in enumerate(sample.unit_lam):
        state, (first, second) = path(lam), sample.layers
        seen, _ = by_hand(state, SHOWN[0])
        for layer, units in zip(sample.layers, seen, strict=True):
            assert layer.size == units.shape[1]
            np.testing.assert_allclose(
                layer.activations[k], units[:, layer.shown], rtol=1e-4, atol=1e-5
            )
        assert first.weights is None
        np.testing.assert_array_equal(
            second.weights[k], state["3.weight"].numpy()[np.ix_(second.shown, first.shown)]
        )
        np.testing.assert_array_equal(sample.head[k], state["5.weight"].numpy()[:, second.shown])
    assert (len(first.shown), len(second.shown)) == (UNITS, 8)
    assert record.routes[0].parameters == sum(value.numel() for value in states[0].values())


def test_images_targets_and_labels_are_the_users(three):
    sample = three[0].routes[0].sample
    darkest, brightest = SHOWN[0].min(), SHOWN[0].max()
    shares = (SHOWN[0] - darkest) / (brightest - darkest)
    np.testing.assert_allclose(sample.images / 255, shares.numpy(), atol=0.5 / 255 + 1e-6)
    assert sample.labels.tolist() == SHOWN[1].tolist()
    assert np.array_equal(sample.targets, np.eye(3)[SHOWN[1]])
    assert sample.held_out is None


def test_between_two_lambdas_it_is_interpolated_and_at_them_exact(three):
    sample = three[0].routes[0].sample
    for k, lam in enumerate(sample.lam):
        np.testing.assert_allclose(sample.outputs_at(lam), sample.outputs[k], rtol=1e-12)
    middle = (sample.outputs[0].astype(float) + sample.outputs[1]) / 2
    np.testing.assert_allclose(sample.outputs_at((sample.lam[0] + sample.lam[1]) / 2), middle)
    np.testing.assert_allclose(sample.units_at(sample.head, 1.0), sample.head[-1])
    activations = sample.layers[1].activations
    np.testing.assert_allclose(sample.units_at(activations, 0.0), activations[0])


def same(one, other):
    """Whether two samples, or units, agree to the bit."""
    for field in fields(one):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if isinstance(first, tuple) and first and isinstance(first[0], Units):
            if not all(map(same, first, second)):
                return False
        elif isinstance(first, np.ndarray):
            if first.dtype != second.dtype or not np.array_equal(first, second):
                return False
        elif first != second:
            return False
    return True


def test_it_comes_back_to_the_bit(three, tmp_path):
    found = Record.load(three[0].save(tmp_path / "record.npz")).routes[0]
    assert same(found.sample, three[0].routes[0].sample)
    assert found.parameters == three[0].routes[0].parameters


def test_a_record_of_03_has_none_and_is_read(three, tmp_path):
    path = three[0].save(tmp_path / "record.npz")
    arrays, manifest = archive.read(path)
    for entry in ("sample", "parameters"):
        del manifest["routes"][0][entry]
    kept = {name: array for name, array in arrays.items() if "/sample/" not in name}
    archive.write(path, kept, manifest)
    found = Record.load(path).routes[0]
    assert (found.sample, found.parameters) == (None, None)
    np.testing.assert_array_equal(found.empirical, three[0].routes[0].empirical)


class Residual(nn.Module):
    """Not a chain: its first layer's units are added to the second's."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.last = nn.Linear(20, 7), nn.Linear(7, 7), nn.Linear(7, 3)

    def forward(self, x):
        below = self.one(x.flatten(1)).relu()
        return self.last(below + self.two(below).relu())


def test_a_network_that_is_no_chain_shows_the_units_of_its_last_layer_alone():
    torch.manual_seed(0)
    model = Residual()
    with torch.no_grad():
        model.last.weight *= 20
    sample = recorded(model).routes[0].sample
    (layer,) = sample.layers
    assert (layer.size, layer.weights) == (7, None)
    with torch.no_grad():
        outputs = model(SHOWN[0])
    np.testing.assert_allclose(sample.outputs[0], outputs, rtol=1e-5)
    rebuilt = layer.activations[0] @ sample.head[0].T + model.last.bias.detach().numpy()
    np.testing.assert_allclose(rebuilt, outputs, rtol=1e-4, atol=1e-5)


def test_of_many_outputs_those_of_the_classes_are_kept_and_of_many_lambdas_a_hundred():
    data = (IMAGES, torch.arange(40))
    record = recorded(
        mlp((20, 8, 60), seed=3), data=data, sample=(IMAGES[:5], torch.arange(20, 25)), points=301
    )
    sample = record.routes[0].sample
    assert len(sample.classes) <= OUTPUTS
    assert set(range(20, 25)) <= set(sample.classes)
    assert sample.output_count == 60
    assert len(sample.lam) == LAMBDAS
    assert sample.classes[sample.labels].tolist() == list(range(20, 25))


def test_real_targets_and_inputs_that_are_no_images_are_told_as_such():
    model, inputs = mlp((20, 8, 2), seed=4), IMAGES.flatten(1)
    targets = 0.1 * model(inputs).detach()
    record = recorded(model, data=(inputs, targets), sample=(inputs[:4], targets[:4]))
    sample = record.routes[0].sample
    assert (sample.images, sample.labels) == (None, None)
    np.testing.assert_array_equal(sample.targets, targets[:4])


@pytest.mark.parametrize("channels", [1, 3])
def test_images_with_channels_are_kept_small(channels):
    inputs = torch.rand(30, channels, 150, 140, generator=torch.Generator().manual_seed(0))
    model = mlp((channels * 150 * 140, 4, 3), seed=0)
    sample = recorded(model, data=(inputs, LABELS[:30]), sample=(inputs[:3], LABELS[:3]))
    images = sample.routes[0].sample.images
    assert images.shape == (3, 50, 47, *([3] if channels == 3 else []))
    assert max(images.shape[1:3]) <= SIDE


class Pairs(nn.Module):
    """Outputs of two axes a sample."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(20, 6)

    def forward(self, x):
        return self.last(x.flatten(1)).reshape(-1, 2, 3)


def test_a_sample_that_cannot_be_used_is_refused():
    model = mlp((20, 8, 3), seed=2)
    line = Line(model.state_dict(), scale_head(model.state_dict(), "3", 0.1))
    path = construct(model, line, (IMAGES, LABELS), points=5)
    with pytest.raises(InputError, match="a sample of at most 16 inputs; found 40"):
        path.record(sample=(IMAGES, LABELS))
    with pytest.raises(InputError, match="a pair"):
        path.record(sample=IMAGES)
    with pytest.raises(InputError, match="finite inputs"):
        path.record(sample=(IMAGES[:1] * torch.nan, LABELS[:1]))
    with pytest.raises(InputError, match=r"class indices|classes"):
        path.record(sample=(IMAGES[:1], LABELS[:1] + 7))


def test_outputs_of_two_axes_are_refused():
    torch.manual_seed(0)
    model, targets = Pairs(), torch.zeros(40, 2, 3)
    targets[:, 0] = 0.1
    start = model.state_dict()
    goal = scale_head(start, "last", 0.01)
    path = construct(model, Line(start, goal), (IMAGES, targets), points=5)
    with pytest.raises(
        InputError, match=r"outputs \(samples, outputs\) of a sample; found outputs"
    ):
        path.record(sample=(IMAGES[:2], targets[:2]))


def test_a_network_that_normalises_batches_is_refused():
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Flatten(),
        nn.Linear(20, 9),
        nn.BatchNorm1d(9, track_running_stats=False),
        nn.ReLU(),
        nn.Linear(9, 3),
    )
    with torch.no_grad():
        model[4].weight *= 20
    with pytest.raises(InputError, match="normalises batches by their own statistics"):
        recorded(model)


CHANGES = {
    "outputs": lambda x: x[:-1],
    "targets": lambda x: x[0],
    "lam": lambda x: x[::-1],
    "unit_lam": lambda x: x[:1],
    "images": lambda x: x[:, :0],
    "classes": lambda x: x[None],
    "head": lambda x: x[..., :2],
    "0/activations": lambda x: x[:, :-1],
    "1/weights": lambda x: x[..., 0],
    "1/shown": lambda x: x[:3],
}


@pytest.mark.parametrize("name", CHANGES)
def test_arrays_that_do_not_fit_each_other_are_refused(three, tmp_path, name):
    path = three[0].save(tmp_path / "record.npz")
    arrays, manifest = archive.read(path)
    key = f"polyline/sample/{name}"
    archive.write(path, {**arrays, key: CHANGES[name](arrays[key])}, manifest)
    with pytest.raises(RecordError, match="a whole record at"):
        Record.load(path)


@pytest.mark.parametrize("entry", [3, {}, {"held_out": 1, "output_count": 3, "sizes": [30, 8]}])
def test_an_odd_entry_is_refused(three, tmp_path, entry):
    path = three[0].save(tmp_path / "record.npz")
    arrays, manifest = archive.read(path)
    manifest["routes"][0]["sample"] = entry
    archive.write(path, arrays, manifest)
    with pytest.raises(RecordError, match="a whole record at"):
        Record.load(path)
