"""`surface` on networks not written for the package, beside a loop in float64."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from construction import surface
from construction.errors import InputError, WeightsError
from construction.experiments.kept import from_file
from construction.experiments.landscape import surface as module
from construction.experiments.landscape.directions import random_direction
from construction.loss.regression import Huber

from ..own_networks import NETWORKS
from ..runs import count, interrupt


def by_hand(model, weights, directions, data, s, t):
    """Mean cross-entropy and error at one place; written as a user would write it."""
    model = copy.deepcopy(model).eval()
    model.load_state_dict(weights)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter += s * directions[0][name] + t * directions[1][name]
        outputs = model(data[0])
    wrong = float((outputs.argmax(1) != data[1]).double().mean())
    return float(cross_entropy(outputs, data[1])), wrong


@pytest.mark.parametrize("name", ["mlp", "cnn", "transformer"])
def test_the_surface_is_that_of_a_loop_in_float64(name):
    model, (_, weights), data, _ = NETWORKS[name]()
    before = copy.deepcopy(model.state_dict())
    treated = {"batch_norm": "interpolate"} if name == "cnn" else {}
    found = surface(model, weights, data, points=3, reach=0.5, loss="cross_entropy", **treated)
    own = {name: weights[name] for name, _ in model.named_parameters()}
    directions = [random_direction(own, seed) for seed in (0, 1)]
    grid = found["network/random/s"], found["network/random/t"]
    assert [axis.tolist() for axis in grid] == [[-0.5, 0, 0.5]] * 2
    for i, t in enumerate(grid[1]):
        for j, s in enumerate(grid[0]):
            objective, error = by_hand(model, weights, directions, data, s, t)
            assert found["network/random/objective"][i, j] == pytest.approx(objective, rel=1e-12)
            assert found["network/random/error"][i, j] == pytest.approx(error, abs=1e-12)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    zero = found.part("network").part("random").manifest["zero"]
    assert zero == pytest.approx(np.log(3), rel=1e-12)


def test_directions_have_the_norms_of_filters_or_of_layers_and_leave_biases_alone():
    model, (_, weights), _, _ = NETWORKS["cnn"]()
    own = {name: weights[name] for name, _ in model.named_parameters()}
    whole = {how: random_direction(own, 0, how) for how in ("filter", "layer", None)}
    for name, weight in own.items():
        if weight.ndim < 2:  # biases, and both entries of batch normalisation
            assert not whole["filter"][name].any()
            assert not whole["layer"][name].any()
            assert whole[None][name].any()
            continue
        rows = [one.flatten(1).norm(dim=1) for one in (whole["filter"][name], weight)]
        assert torch.allclose(*rows, rtol=1e-12, atol=0)
        assert whole["layer"][name].norm() == pytest.approx(float(weight.norm()), rel=1e-12)
        assert not torch.allclose(whole["layer"][name].flatten(1).norm(dim=1), rows[1])
    with pytest.raises(InputError, match="as None, or among 'filter', 'layer'; found 'unit'"):
        random_direction(own, 0, "unit")


def quadratic():
    """A linear regression about its least squares, whose surface is a known parabola."""
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)).double()
    y = x @ torch.tensor([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]]).double()
    model = nn.Linear(3, 2, bias=False).double()
    return model, {"weight": torch.linalg.lstsq(x, y).solution.T.contiguous()}, (x, y)


def test_a_quadratic_has_its_own_surface_in_any_plane():
    model, weights, (x, y) = quadratic()
    random = torch.Generator().manual_seed(1)
    plane = tuple({"weight": torch.randn(2, 3, generator=random).double()} for _ in range(2))
    found = surface(model, weights, (x, y), plane=plane, points=5)
    part = found.part("network").part("given")
    for i, t in enumerate(part["t"]):
        for j, s in enumerate(part["s"]):
            moved = s * plane[0]["weight"] + t * plane[1]["weight"]
            wanted = float((x @ moved.T).square().sum(1).mean())
            assert part["objective"][i, j] == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert part.manifest["relief"]["minima"] == 1
    assert part.manifest["relief"]["turning"] == pytest.approx(1 / 3)
    assert part.manifest["basin"] == (part["objective"] < float(y.square().sum(1).mean())).mean()
    centre, lowest = part.manifest["centre"], part["objective"].min()
    assert f"objective is {centre:.3g} at the weights" in found.finding
    highest, below = part["objective"].max(), f"below L(0) at {part.manifest['basin']:.1%}"
    assert f": objective {lowest:.3g} to {highest:.3g}, {below}, local" in found.finding
    assert part.manifest["centre"] == pytest.approx(0, abs=1e-12)
    assert found.table()["at the weights"] == [f"{part.manifest['centre']:.3g}"]


def test_checkpoints_span_the_plane_and_are_projected_with_what_it_keeps():
    model, weights, data = quadratic()
    random = torch.Generator().manual_seed(2)
    states = [
        {"weight": weights["weight"] + k * torch.randn(2, 3, generator=random).double()}
        for k in (3, 2, 1)
    ]
    options = {"checkpoints": [*states, weights], "points": 5, "also": ("valley", "even")}
    found = surface(model, weights, data, plane="trajectory", **options)
    network = found.part("network")
    paths, part = network.part("paths"), network.part("trajectory")
    assert {key.split("/")[0] for key in paths.arrays} == {"trajectory", "line", "valley", "even"}
    rows = np.stack([(one["weight"] - weights["weight"]).flatten().numpy() for one in states])
    values = np.linalg.svd(rows, compute_uv=False) ** 2
    assert part.manifest["shares"] == pytest.approx(values / values.sum(), rel=1e-12)
    share = values[:2].sum() / values.sum()
    assert paths.manifest["kept"]["trajectory"]["trajectory"] == pytest.approx(share, rel=1e-12)
    place = paths["trajectory/trajectory/place"]
    assert (part["s"].min() < place[:, 0]).all()
    assert place[-1] == pytest.approx([0, 0], abs=1e-12)
    drawn = found.plot().axes[0].lines
    assert any(np.array_equal(line.get_xydata(), place) for line in drawn)
    assert "trajectory" in found.table()["plane"]
    assert "of a long random walk that of its own keeps 90%" in found.finding  # 80 / (3 pi)^2


def test_an_interrupted_surface_goes_on_where_its_rows_lie(tmp_path, monkeypatch):
    model, (_, weights), data, _ = NETWORKS["mlp"]()
    options = {"loss": "cross_entropy", "points": 5, "folder": tmp_path / "rows"}
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, module, "row", 4)
        with pytest.raises(KeyboardInterrupt):
            surface(model, weights, data, **options)
    rows = count(monkeypatch, module, "row")
    found = surface(model, weights, data, **options)
    assert len(rows) == 2
    again = surface(model, weights, data, loss="cross_entropy", points=5)
    assert np.array_equal(found["network/random/objective"], again["network/random/objective"])
    for other in ({"seed": 1}, {"data": (data[0] + 0.1, data[1])}):  # rows of others are not taken
        surface(**{"model": model, "weights": weights, "data": data, **options, **other})
    assert len(rows) == 2 + 3 * 5


@pytest.mark.parametrize("what", ["loss", "metric", "model"])
def test_rows_of_what_differs_far_away_alone_are_not_taken(what, tmp_path):
    """Equal at the middle, and at L(0): Huber losses of small residuals, errors, a kink."""

    def found(number, folder):
        model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.LeakyReLU(number / 10))
        weights = {"0.weight": torch.tensor([[1.0]])}
        x = torch.linspace(0.1, 1, 10)[:, None]
        plane = ({"0.weight": torch.tensor([[1.0]])}, {"0.weight": torch.tensor([[-0.5]])})
        given = {
            "loss": Huber(2.0 + number) if what == "loss" else "squared",
            "metrics": {"far": lambda p, _: (p > 8 + number).double()[:, 0]},
        }
        if what != "metric":
            del given["metrics"]
        model = model if what == "model" else model[:1]
        same = {"plane": plane, "points": 5, "reach": 30.0, "folder": folder}
        return surface(model, weights, (x, x / 2), **given, **same).findings.arrays

    first, second = (found(number, tmp_path) for number in (1, 5))
    wanted = found(5, None)
    assert all(np.array_equal(second[name], wanted[name]) for name in wanted)
    assert any(not np.array_equal(first[name], second[name]) for name in wanted)


def test_rows_that_are_kept_are_those_of_the_same_data_where_outputs_tell_nothing(tmp_path):
    model, (_, weights), data, _ = NETWORKS["mlp"]()
    head = {name: torch.zeros_like(weights[name]) for name in list(weights)[-2:]}
    every = []
    for one, memory in ((data, 2**30), (data, 4000), ((data[0] + 0.1, data[1]), 2**30)):
        options = {"points": 3, "folder": tmp_path, "memory": memory}
        surface(model, weights | head, one, **options)
        every.append({path.name for path in tmp_path.iterdir()})
    assert every[0] == every[1]  # tiles are smaller there
    assert len(every[2]) == 2 * len(every[0])


def test_loaders_regression_and_statistics_are_taken_as_everywhere(tmp_path):
    model, (_, weights), data, _ = NETWORKS["regression"]()
    tensors = surface(model, weights, data, points=3, normalise="layer")
    loader = surface(
        model, weights, DataLoader(TensorDataset(*data), 7), points=3, normalise="layer"
    )
    heights = tensors["network/random/objective"]
    assert heights == pytest.approx(loader["network/random/objective"], rel=1e-12)
    assert set(tensors.part("network").arrays) == {f"random/{x}" for x in ("s", "t", "objective")}
    again = from_file(tensors.record().save(tmp_path / "own.npz"))
    assert np.array_equal(again["network/random/objective"], heights)
    model, (_, weights), data, _ = NETWORKS["cnn"]()
    kinds = [
        surface(model, weights, data, points=3, loss="cross_entropy", batch_norm=one)
        for one in ("interpolate", "recompute")
    ]
    one, other = (kind["network/random/objective"] for kind in kinds)
    assert not np.allclose(one, other)
    with pytest.raises(InputError, match="a choice for the running statistics"):
        surface(model, weights, data)


def test_planes_that_are_none_are_told():
    model, weights, data = quadratic()
    with pytest.raises(
        WeightsError, match=r"finite weights; found 6 of 6 .*'weight' in the middle"
    ):
        surface(model, {"weight": weights["weight"] * torch.nan}, data)
    for plane, found in (("filter", "'filter'"), (({"weight": torch.ones(2)},) * 2, "2 others")):
        with pytest.raises(
            InputError, match=rf"plane 'random', 'trajectory', or .*; found {found}"
        ):
            surface(model, weights, data, plane=plane)
    with pytest.raises(InputError, match="at least 2 checkpoints besides the final weights"):
        surface(model, weights, data, plane="trajectory")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"points": 5.0}, r"a whole number of points; found 5\.0"),
        ({"points": 2}, "at least 3 points; found 2"),
        ({"reach": 0.0}, r"a finite reach above 0.*; found 0\.0"),
        ({"reach": -1.0}, r"a finite reach above 0.*; found -1\.0"),
        ({"reach": torch.nan}, "a finite reach above 0.*; found nan"),
        ({"reach": torch.inf}, "a finite reach above 0.*; found inf"),
        ({"reach": -0.1, "plane": "trajectory"}, r"of at least 0; found -0\.1"),
    ],
)
def test_grids_that_are_none_are_told_before_anything_runs(options, words, monkeypatch):
    monkeypatch.setattr(module, "Terrain", None)
    model, weights, data = quadratic()
    options["checkpoints"] = [{"weight": weights["weight"] * c + c**2} for c in (2.0, 3.0, 5.0)]
    with pytest.raises(InputError, match=words):
        surface(model, weights, data, **options)


def test_a_trajectory_may_fill_its_plane():
    model, weights, data = quadratic()
    noise = torch.Generator().manual_seed(0)
    before = [{"weight": torch.randn(2, 3, generator=noise).double()} for _ in range(3)]
    options = {"plane": "trajectory", "checkpoints": before, "also": ()}
    found = surface(model, weights, data, points=3, reach=0.0, **options)
    places = found["network/paths/trajectory/trajectory/place"]
    for k, axis in enumerate("st"):
        ends = found[f"network/trajectory/{axis}"][[0, -1]]
        line = found["network/paths/line/trajectory/place"]
        every = np.concatenate([places, line])[:, k]
        assert ends.tolist() == [every.min(), every.max()]


class Shared(nn.Module):
    """``a (a x)``, the weight of two layers."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (nn.Linear(1, 1, bias=False) for _ in range(2))
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x))


def test_tied_weights_move_together():
    one, model = torch.ones(1, 1), Shared()
    state = {"first.weight": 2 * one, "second.weight": 2 * one}
    plane = tuple({"first.weight": step * one} for step in (1.0, 0.5))
    found = surface(model, state, (one, 0 * one), plane=plane, points=3)
    exact = [[(2 + s + t / 2) ** 4 for s in (-1, 0, 1)] for t in (-1, 0, 1)]
    assert found["network/given/objective"].tolist() == exact


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_places_around_half_weights_are_not_rounded_to_their_type(dtype):
    model, one = nn.Linear(1, 1, bias=False).to(dtype), torch.ones(1, 1, dtype=dtype)
    plane = ({"weight": one / 512}, {"weight": one / 1024})
    found = surface(model, {"weight": 8 * one}, (one, 0 * one), plane=plane, points=3)
    exact = [[(8 + s / 512 + t / 1024) ** 2 for s in (-1, 0, 1)] for t in (-1, 0, 1)]
    assert found["network/given/objective"] == pytest.approx(np.array(exact), rel=3e-7)


@pytest.mark.parametrize("plane", ["random", "trajectory"])
def test_a_checkpoint_that_is_not_finite_is_told_as_that(plane):
    """And not as checkpoints on one line, nor as a reach that is too large."""
    model, (first, weights), data, _ = NETWORKS["mlp"]()
    diverged = {name: value * float("nan") for name, value in first.items()}
    with pytest.raises(WeightsError, match=r"values of .* in a checkpoint NaN or infinite"):
        surface(model, weights, data, plane=plane, points=3, checkpoints=[first, diverged])
