"""Surfaces against closed forms and PyTorch's own functions, and how rugged they are."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from torch.optim.swa_utils import update_bn

from construction.errors import InputError, WeightsError
from construction.experiments.landscape.directions import Plane
from construction.experiments.landscape.surface import row
from construction.experiments.landscape.terrain import Terrain, relief
from construction.forward import choice
from construction.forward.flips import Flips
from construction.forward.method import Interpolated
from construction.network.networks import mlp, resnet

from ..runs import count

X = torch.randn(90, 4, generator=torch.Generator().manual_seed(0))
Y = torch.arange(90) % 3
AXIS = np.linspace(-1, 1, 5)


def oblique(model, centre=None):
    """A plane of two Gaussian directions."""
    generator = torch.Generator().manual_seed(1)
    names = [(name, value.shape) for name, value in model.named_parameters()]
    first, second = (
        {n: 0.3 * torch.randn(shape, generator=generator) for n, shape in names} for _ in range(2)
    )
    return Plane(dict(centre or model.state_dict()), first, second)


def surface(terrain, plane):
    return np.stack([row(terrain, plane, AXIS, float(t))["objective"] for t in AXIS])


def test_the_middle_of_the_surface_is_the_networks_own_objective_and_error():
    images = torch.randn(130, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(130) % 10
    model = resnet(8, width=2).eval()
    found = row(Terrain(model, (images, labels), loss="cross_entropy"), oblique(model), AXIS, 0.0)
    with torch.no_grad():
        outputs = model(images)
    assert found["objective"][2] == pytest.approx(float(cross_entropy(outputs, labels)), rel=1e-5)
    assert found["error"][2] == float((outputs.argmax(1) != labels).double().mean())


def test_the_surface_of_a_linear_network_is_the_closed_form_and_symmetric_about_least_squares():
    model = nn.Linear(4, 3)
    design = torch.cat([X, torch.ones(90, 1)], 1).double()
    wanted = one_hot(Y).double()
    best = torch.linalg.lstsq(design, wanted).solution.float()
    plane = oblique(model, {"weight": best[:-1].T, "bias": best[-1]})
    found = surface(Terrain(model, (X, Y)), plane)

    def matrix(state):
        return torch.cat([state["weight"], state["bias"][:, None]], 1).double()

    for i, t in enumerate(AXIS):
        for j, s in enumerate(AXIS):
            moved = matrix(plane.centre) + s * matrix(plane.first) + t * matrix(plane.second)
            value = (design @ moved.T - wanted).square().sum(1).mean()
            assert found[i, j] == pytest.approx(float(value), rel=1e-5)
    assert found == pytest.approx(found[::-1, ::-1], rel=1e-4)
    assert np.unravel_index(found.argmin(), found.shape) == (2, 2)
    assert relief(found).minima == 1
    assert relief(found).saddled == 0


def normalised():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))


def test_statistics_are_kept_or_recomputed_as_torch_does():
    model = normalised().eval()
    plane = oblique(model)
    for recompute in (False, True):
        found = row(Terrain(model, (X, Y), recompute=recompute), plane, AXIS[1:], 0.5)
        reference = copy.deepcopy(model)
        reference.load_state_dict(plane.at(0.5, 0.5))
        if recompute:
            update_bn([X], reference)
        with torch.no_grad():
            wanted = (reference.eval()(X) - one_hot(Y)).square().sum(1).mean()
        assert found["objective"][2] == pytest.approx(float(wanted), rel=1e-5)


@pytest.mark.parametrize(("points", "method"), [(41, Flips), (9, Interpolated)])
def test_rows_by_the_methods_of_a_line_are_those_of_single_points(monkeypatch, points, method):
    monkeypatch.setattr(choice, "ENOUGH", 0)
    model = mlp((30, 9, 8, 3)).double()
    served = count(monkeypatch, method, "run")
    plane, axis = oblique(model), np.linspace(-1, 1, points)
    inputs = torch.randn(90, 30, generator=torch.Generator().manual_seed(2)).double()
    terrain = Terrain(model, (inputs, Y), loss="cross_entropy")
    found = row(terrain, plane, axis, 0.3)
    assert len(served) == 2  # on a few samples, beside the network itself, and on all
    for k, s in enumerate(axis):
        alone = terrain.height(plane.at(float(s), 0.3))
        assert found["objective"][k] == pytest.approx(alone["objective"], rel=1e-12)
        assert found["error"][k] == alone["error"]
    assert terrain.zero == pytest.approx(np.log(3), rel=1e-14)


class Normalising(nn.Sequential):
    """Of inputs that it normalises in place, which is something else each time."""

    def forward(self, x):
        return super().forward(x.sub_(0.5).div_(1e-3))


def test_a_model_that_writes_into_its_inputs_changes_no_data(monkeypatch):
    monkeypatch.setattr(choice, "ENOUGH", 0)
    model, axis = mlp((30, 9, 8, 3)), np.linspace(-1, 1, 41)
    writing, plane = Normalising(*copy.deepcopy(model)), oblique(model)
    inputs = torch.rand(90, 30, generator=torch.Generator().manual_seed(2))
    given = inputs.clone()
    terrain, wanted = Terrain(writing, (given, Y)), Terrain(model, ((inputs - 0.5) / 1e-3, Y))
    for t in np.linspace(0, 1, 16):  # by then a probe that each run changed were not finite
        found = row(terrain, plane, axis, t)["objective"]
        assert found == pytest.approx(row(wanted, plane, axis, t)["objective"], rel=1e-4)
    assert torch.equal(inputs, given)


def test_neither_the_model_nor_the_weights_are_modified():
    model = normalised()
    plane = oblique(model, {name: value.clone() for name, value in model.state_dict().items()})
    before = copy.deepcopy(model.state_dict()), copy.deepcopy(plane.centre)
    surface(Terrain(model, (X, Y), recompute=True), plane)
    for now, old in zip((model.state_dict(), plane.centre), before, strict=True):
        assert all(torch.equal(now[name], value) for name, value in old.items())
    assert model.training


def test_what_overflows_or_is_unknown_is_refused():
    model = nn.Linear(4, 3)
    steep = oblique(model)
    for size, match in (
        (1.5e38, r"finite objective .*found (?:inf|nan).*a smaller reach"),
        (3e38, r"finite weights; found 12 of 12 values of 'weight' in .*Take a smaller reach"),
    ):
        steep.first["weight"].fill_(size)
        with pytest.raises(WeightsError, match=match):
            row(Terrain(model, (X, Y)), steep, 2 * AXIS, 0.0)
    with pytest.raises(InputError, match=r"a loss among 'squared', .*; found 'hinges'"):
        Terrain(model, (X, Y), loss="hinges")


# --- relief --------------------------------------------------------------------------------------


def test_minima_are_those_of_a_plain_search():
    rng = np.random.default_rng(0)
    for _ in range(20):
        height = rng.normal(size=(7, 9))
        count = 0
        for i in range(1, 6):
            for j in range(1, 8):
                around = height[i - 1 : i + 2, j - 1 : j + 2].copy()
                around[1, 1] = np.inf
                count += height[i, j] < around.min()
        assert relief(height).minima == count


def test_curvatures_are_those_of_a_quadratic_whatever_the_grid():
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b, c = rng.normal(size=3)
        s, t = np.meshgrid(np.linspace(-1, 1, 6), np.linspace(0, 3, 5))
        found = relief(a * s**2 + b * s * t + c * t**2, 0.4, 0.75)
        values = np.linalg.eigvalsh([[2 * a, b], [b, 2 * c]])
        assert found.saddled == (values[0] < 0)
