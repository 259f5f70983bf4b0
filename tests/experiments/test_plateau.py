"""The plateau, three treatments of batch normalisation, and the path below the line."""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from construction.experiments import kept
from construction.experiments.interpolation import words
from construction.experiments.interpolation.figure import draw
from construction.experiments.interpolation.measure import under
from construction.experiments.interpolation.settings import Plateau
from construction.experiments.interpolation.words import lines, near_span, near_until, near_zero
from construction.experiments.kept import SHIPPED
from construction.experiments.line import along_line, without_statistics
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import MLP
from construction.record.findings import Findings
from construction.training.build import build, inputs_of

from ..draw.test_figure import assert_words_are_readable
from ..runs import TINY, train_on_few_digits

PLATEAUS = ("plateau-mlp", "barrier-mlp", "plateau-resnet", "plateau-resnet-56-given")
NETWORK = MLP((784, 8, 8, 10), batch_norm=True)
RECIPE = replace(TINY, architecture=NETWORK, loss="cross_entropy", initialisation="default")


@pytest.fixture(scope="module")
def plateau(tmp_path_factory) -> Findings:
    """A plateau of few digits with two seeds beside it."""
    settings = Plateau("Few digits", RECIPE, points=5, checks=5, others=(1, 2), takes="1 s")
    with pytest.MonkeyPatch.context() as patch:
        train_on_few_digits(patch)
        patch.setitem(EXPERIMENTS, "tiny-plateau", settings)
        patch.setenv("CONSTRUCTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(kept, "SHIPPED", tmp_path_factory.mktemp("shipped"))
        found = run("tiny-plateau", report=lambda line: None)
    assert isinstance(found, Findings)
    return found


@pytest.fixture
def ends(monkeypatch):
    """A network, two states of it after some batches, and its data."""
    train_on_few_digits(monkeypatch)
    inputs, targets = inputs_of(RECIPE)[:2]
    states = []
    for seed in (0, 1):
        network = build(replace(RECIPE, seed=seed)).train()
        with torch.no_grad():
            network(inputs)
        states.append({name: value.clone() for name, value in network.state_dict().items()})
    return build(RECIPE), states, (inputs, targets)


def between(states, lam):
    first, second = states
    return {
        name: (1 - lam) * value + lam * second[name] if value.is_floating_point() else value
        for name, value in first.items()
    }


def test_interpolated_statistics_lie_on_the_line_like_weights(ends):
    model, states, (inputs, targets) = ends
    found = measured(ends, "interpolate")
    for lam, objective in zip(found["lam"], found["objective"], strict=True):
        model.load_state_dict(between(states, float(lam)))
        with torch.no_grad():
            assert objective == pytest.approx(
                float(cross_entropy(model.eval()(inputs), targets)), rel=1e-5
            )


def test_statistics_of_each_batch_are_those_of_a_network_in_training(ends):
    model, states, (inputs, targets) = ends
    found = measured(ends, "batch")
    halves = [slice(0, 100), slice(100, 200)]  # tiles of at most 128
    for lam, objective in zip(found["lam"], found["objective"], strict=True):
        model.load_state_dict(between(states, float(lam)))
        with torch.no_grad():
            losses = [float(cross_entropy(model.train()(inputs[h]), targets[h])) for h in halves]
        assert objective == pytest.approx(np.mean(losses), rel=1e-5)


def test_a_copy_without_statistics_leaves_the_model_as_it_was(ends):
    model, states, (inputs, _) = ends
    bare = without_statistics(model)
    forward = along_line(model, *states, ends[2], treatment="batch", points=2).forward
    assert "2.running_mean" in model.state_dict()
    assert not any("running" in name for name in bare.state_dict())
    with torch.no_grad():
        model.load_state_dict(states[0])
        bare.load_state_dict(forward.user_path(0.0))
        assert torch.allclose(bare.eval()(inputs), model.train()(inputs), atol=1e-6)


def test_a_line_without_batch_norm_needs_no_treatment():
    network = nn.Sequential(nn.Linear(2, 2))
    state = network.state_dict()
    data = torch.ones(3, 2), torch.ones(3, 2)
    found = along_line(network, state, state, data, points=2)
    assert found.forward.batch_norm is None
    objective = (network(data[0]) - 1).detach().square().sum(1).mean()
    assert found.train["objective"] == pytest.approx(float(objective))


def measured(ends, treatment):
    model, states, data = ends
    options = {"loss": "cross_entropy", "points": 3}
    line = along_line(model, *states, data, treatment=treatment, **options)
    return {"lam": line.alpha, "objective": line.train["objective"]}


def test_the_least_over_scales_is_below_the_line_and_the_zero_predictor(plateau):
    for name in plateau.manifest["treatments"]:
        part = plateau.part(name)
        assert part.manifest["zero"] == pytest.approx(np.log(10), rel=1e-6)
        assert (part["minimum"] <= part["train_objective"] + 1e-6).all()
        assert (part["minimum"] <= part.manifest["zero"] + 1e-6).all()


def test_the_constructed_path_only_goes_down_between_the_ends_of_the_line(plateau):
    paths = [part for part in lines(plateau).values() if "valley" in part.arrays]
    assert paths
    for part in paths:
        lam, height = part["valley"].T
        assert (np.diff(height) <= 0).all()
        assert (np.diff(lam) >= 0).all()
        assert height[[0, -1]] == pytest.approx(part["train_objective"][0, [0, -1]], rel=1e-6)
        assert part.manifest["paths"] == {"valley": "checked at 5 points"}


def test_other_seeds_are_other_lines_and_only_some_treatments_have_test_data(plateau):
    first = plateau.part("interpolate")
    assert first["others"].shape == (2, 5)
    assert not np.allclose(first["others"][0], first["train_objective"][0])
    assert "interpolate/test_objective" in plateau.arrays
    assert "recompute/test_objective" not in plateau.arrays


def test_a_sheet_without_a_path_says_why(ends):
    model, states, data = ends
    run = SimpleNamespace(model=lambda: model, initial=states[1], final=states[1])
    options = {"loss": "cross_entropy", "points": 3, "metrics": {}}
    found = under("interpolate", run, data, data, 0, options)
    assert "valley" not in found.arrays
    assert "L(W(1)) < L(W(0))" in found.manifest["paths"]["valley"]


def test_caption_and_finding_tell_the_measured_numbers(plateau):
    part = lines(plateau)["interpolate"]
    manifest = plateau.manifest
    assert near_until(part) in manifest["finding"]
    rise = part.manifest["runs"][0]["train"]["rise"]["value"]
    assert f"it rises by {rise:.2g} at most" in manifest["finding"]
    assert manifest["finding"] in manifest["caption"]
    assert "Frankle 2020" in manifest["caption"]


def test_near_zero_is_the_last_lambda_before_any_beyond_a_tenth():
    lam = np.linspace(0, 1.5, 7)
    curve = np.array([2.0, 2.1, 1.95, 1.7, 0.1, 9.0, 9.0])
    described = {"zero": 2.0, "paths": {}}
    part = Findings({"alpha": lam, "train_objective": curve[None]}, described)
    assert near_zero(part) == 0.5
    assert near_until(part) == "up to lambda = 0.5"
    flat = Findings({"alpha": lam, "train_objective": 0 * curve[None] + 2}, described)
    assert near_zero(flat) == 1.0
    late = curve[None] + [[1.0, 0, 0, 0, 2, 0, 0]]  # near L(0) later, but not from the start on
    beyond = Findings({"alpha": lam, "train_objective": late}, described)
    assert near_zero(beyond) < 0
    assert near_until(beyond) == "not even at lambda = 0"
    low, high = near_span(part)
    assert low < 2.0 < 2.1 < high < 3


def test_a_failed_check_and_a_line_without_a_drop_are_told_as_such(plateau):
    def altered(outcome, share):
        parts = copy.deepcopy(plateau.manifest["parts"])
        for part in parts.values():
            part["paths"]["valley"] = outcome
            part["runs"][0]["train"]["plateau"] = share
        return words.finding(plateau.described(parts=parts))

    count = len(lines(plateau))
    assert sum("valley" in part.arrays for part in lines(plateau).values()) == count
    sound, none = altered("checked at 5 points", 0.25), altered("not satisfied at 5 points", 1.0)
    assert f"A path that only goes down was constructed under every treatment ({count}" in sound
    assert f"A path that only goes down was constructed under no treatment (0 of {count}" in none
    assert sound.count("the first tenth of the drop takes at most half of the way (25%;") == count
    assert none.count("the objective ends no lower than it begins (no drop;") == count
    assert "tenth of the drop" not in none


# --- of shipped records ---------------------------------------------------------------------------


def shipped(name) -> Findings:
    return Findings.load(SHIPPED / f"{name}.npz")


@pytest.mark.parametrize("name", PLATEAUS)
def test_sentences_made_again_from_a_shipped_record_are_those_in_it(name):
    found = shipped(name)
    assert words.finding(found) == found.manifest["finding"]
    assert words.caption(found) == found.manifest["caption"]
    assert "and here it decides whether there is a plateau" in words.caption(found)
    alone = found.described(lines=["recompute"])  # under which there is none
    assert words.caption(alone).endswith("treats running statistics is not known here.")


@pytest.mark.parametrize("name", PLATEAUS)
def test_the_figure_of_a_plateau_has_the_records_curves(name):
    found = shipped(name)
    figure = draw(found)
    parts = lines(found).values()
    assert len(figure.axes) == 2 * len(parts)
    for part, axes in zip(parts, figure.axes[::2], strict=True):
        assert np.array_equal(axes.lines[0].get_ydata(), part["train_objective"][0])


@pytest.mark.parametrize("width", [2.5, 5.5])
@pytest.mark.parametrize("name", PLATEAUS)
def test_no_word_of_the_figure_covers_another_or_leaves_the_page(name, width):
    assert_words_are_readable(draw(shipped(name), width=width))
