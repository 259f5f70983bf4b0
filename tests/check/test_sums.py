"""Sums and weights of the judge, entry by entry in Python; its points, and what it compares."""

import itertools
import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from construction.check import (
    FLOOR,
    ROUNDED,
    SAME,
    Judge,
    _nearest,
    certified,
    certify,
    reference_size,
    total_of,
    weight_of,
)
from construction.forward.forward import Forward
from construction.loss.catalogue import as_loss
from construction.loss.classification import CrossEntropy
from construction.loss.loss import Weighted
from construction.path.paths import Line
from construction.theorem.construct import construct

from ..loss_data import data_for
from ..prescribed_outputs import as_network
from ..problems import PLANES, bump, trained

#: (samples, classes, places) of logits, and of the samples.
LOGITS = torch.randn(4, 3, 5, generator=torch.manual_seed(2), dtype=torch.float64)
WEIGHTS = torch.tensor([0.5, 2.0, 1.0, 0.25], dtype=torch.float64)
LABELS = torch.randint(3, (4, 5), generator=torch.manual_seed(3))


def by_hand(logits, labels, *, of_class=(1.0, 1.0, 1.0), ignored=-100, weights=(1.0,) * 4):
    """Cross-entropy and weight of labels, summed over (samples, places); logits classes second."""
    total, weight = 0.0, 0.0
    for n, t in itertools.product(range(4), range(5)):
        label = int(labels[n, t])
        if label == ignored:
            continue
        row = logits[n, :, t]
        share = of_class[label] * float(weights[n])
        total += share * (math.log(sum(math.exp(float(z)) for z in row)) - float(row[label]))
        weight += share
    return total, weight


@pytest.mark.parametrize("ignored", [-100, 255, 1])
@pytest.mark.parametrize("axis", [1, -1, None])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_and_its_weight_are_sums_over_the_labels(ignored, axis, weighted):
    labels, of_class = LABELS.clone(), (0.5, 3.0, 2.0)
    labels[1:3, ::2] = ignored
    loss = CrossEntropy(weight=of_class, ignore_index=ignored, axis=axis)
    weights = WEIGHTS if weighted else torch.ones(4)
    raw = Weighted(labels, weights) if weighted else labels
    wanted = by_hand(LOGITS, labels, of_class=of_class, ignored=ignored, weights=weights)
    for logits in (LOGITS, LOGITS.movedim(1, -1)) if axis is None else (LOGITS.movedim(1, axis),):
        found = total_of(loss, logits, raw), weight_of(loss, logits, raw)
        assert [float(one) for one in found] == pytest.approx(wanted, rel=1e-13)


def test_fewer_places_than_classes_do_not_change_which_axis_is_which():
    each = LOGITS[:, :, :2].log_softmax(1).gather(1, LABELS[:, None, :2])
    found = float(total_of(CrossEntropy(), LOGITS[:, :, :2], LABELS[:, :2]))
    assert found == pytest.approx(-float(each.sum()), rel=1e-13)


def test_the_weight_of_a_sample_counts_at_each_of_its_places_on_two_axes():
    logits, labels = LOGITS[..., None].expand(4, 3, 5, 2), LABELS[..., None].expand(4, 5, 2)
    raw, (total, weight) = Weighted(labels, WEIGHTS), by_hand(LOGITS, LABELS, weights=WEIGHTS)
    assert float(total_of(CrossEntropy(), logits, raw)) == pytest.approx(2 * total, rel=1e-13)
    assert float(weight_of(CrossEntropy(), logits, raw)) == pytest.approx(2 * weight)


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_of_probabilities_counts_every_place(axis, weighted):
    hot = nn.functional.one_hot(LABELS, 3).movedim(-1, axis).double()
    other = nn.functional.one_hot((LABELS + 1) % 3, 3).movedim(-1, axis).double()
    weights = WEIGHTS if weighted else torch.ones(4)
    raw = 0.75 * hot + 0.25 * other
    loss, logits = CrossEntropy(axis=axis), LOGITS.movedim(1, axis)
    raw = Weighted(raw, weights) if weighted else raw
    one, weight = by_hand(LOGITS, LABELS, weights=weights)
    two, _ = by_hand(LOGITS, (LABELS + 1) % 3, weights=weights)
    assert float(total_of(loss, logits, raw)) == pytest.approx(0.75 * one + 0.25 * two, rel=1e-13)
    assert float(weight_of(loss, logits, raw)) == pytest.approx(weight)


@pytest.mark.parametrize("weighted", [False, True])
def test_probabilities_of_one_row_a_sample_count_once(weighted):
    raw = torch.tensor([[1.0, 0.0, 0.0]] * 4).double()
    logits = LOGITS[:, :, 0]
    weights = WEIGHTS if weighted else torch.ones(4)
    loss, given = CrossEntropy(), Weighted(raw, weights) if weighted else raw
    each = -logits.log_softmax(1)[:, 0]
    assert float(total_of(loss, logits, given)) == pytest.approx(float(each @ weights.double()))
    assert float(weight_of(loss, logits, given)) == float(weights.sum())


@pytest.mark.parametrize("name", ["squared", "absolute", "poisson"])
@pytest.mark.parametrize("weighted", [False, True])
def test_missing_entries_add_nothing_and_samples_without_any_weigh_nothing(name, weighted):
    nan = float("nan")
    targets = torch.tensor([[1.0, nan, 2.0], [nan] * 3, [0.5, 1.0, 3.0], [nan, nan, 1.0]]).double()
    outputs = LOGITS[:, :, 0].clone()
    phi = {
        "squared": lambda p, y: (p - y) ** 2,
        "absolute": lambda p, y: abs(p - y),
        "poisson": lambda p, y: math.exp(p) - y * p,
    }[name]
    loss = as_loss(name, missing="ignore")
    weights = WEIGHTS if weighted else torch.ones(4)
    raw = Weighted(targets, weights) if weighted else targets
    wanted = sum(
        float(weights[n]) * phi(float(outputs[n, k]), float(targets[n, k]))
        for n, k in itertools.product(range(4), range(3))
        if not math.isnan(targets[n, k])
    )
    assert float(total_of(loss, outputs, raw)) == pytest.approx(wanted, rel=1e-13)
    assert float(weight_of(loss, outputs, raw)) == float(weights[[0, 2, 3]].sum())


@pytest.mark.parametrize("axis", [1, -1])
def test_class_indices_at_every_place_are_one_hot_on_the_axis_that_they_lack(axis):
    outputs = LOGITS.movedim(1, axis)
    wanted = sum(
        (float(LOGITS[n, k, t]) - float(k == LABELS[n, t])) ** 2
        for n, k, t in itertools.product(range(4), range(3), range(5))
    )
    assert float(total_of(as_loss("squared"), outputs, LABELS)) == pytest.approx(wanted, rel=1e-13)
    assert float(weight_of(as_loss("squared"), outputs, LABELS)) == 4
    # the same samples and places, these on two axes
    outputs = LOGITS[..., None].expand(4, 3, 5, 2).movedim(1, axis)
    labels = LABELS[..., None].expand(4, 5, 2)
    found = float(total_of(as_loss("squared"), outputs, labels))
    assert found == pytest.approx(2 * wanted, rel=1e-13)


def test_integers_beside_one_output_are_numbers():
    outputs, targets = LOGITS[:, :1, 0], torch.tensor([2, 0, 1, 3])
    wanted = sum((float(p) - float(y)) ** 2 for p, y in zip(outputs, targets, strict=True))
    assert float(total_of(as_loss("squared"), outputs, targets)) == pytest.approx(wanted)


def test_the_condition_is_the_mean_size_of_slope_times_prediction():
    outputs, raw = data_for("squared", 4)
    judge = Judge(Forward(*as_network(lambda _: outputs, raw)))
    objective, condition = judge.measure({"0.weight": outputs.T.contiguous()})
    assert objective == pytest.approx(float((outputs - raw).square().sum()) / 6, rel=1e-13)
    wanted = sum(abs(2 * (p - y) * p) for p, y in zip(outputs.ravel(), raw.ravel(), strict=True))
    assert condition == pytest.approx(float(wanted) / 6, rel=1e-13)


def test_integer_inputs_and_extra_state_are_left_as_they_are():
    class Stateful(nn.Sequential):
        def get_extra_state(self):
            return {"steps": 3}

        def set_extra_state(self, state):
            raise AssertionError("the judge has no state for it")

    torch.manual_seed(0)
    model = Stateful(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(8, 1)).double()
    words = torch.randint(5, (6, 2), generator=torch.manual_seed(1))
    start = {k: v for k, v in model.state_dict().items() if "extra" not in k}
    line = Line({k: 3 * v for k, v in start.items()}, {k: 0.9 * v for k, v in start.items()})
    targets = model(words).detach()
    assert construct(model, line, (words, targets), points=5, profile="valley").certify(5).holds


def test_a_deviation_is_relative_to_the_largest_of_objective_floor_and_rounding():
    found = reference_size(np.array([3.0, -3.0, 1e-9, 1e-9]), np.array([1.0, 1.0, 0.0, 8.0]), -2.0)
    assert found.tolist() == [3.0, 3.0, FLOOR * 2.0, ROUNDED * 8.0]


def test_the_largest_deviation_comes_with_its_lambda():
    path = construct(*trained(), points=5)
    states = [partial(path.forward.user_path, lam) for lam in (0.0, 0.5, 0.75, 1.0)]
    judge = Judge(path.forward)
    true = [judge.measure(state())[0] for state in states]
    nan = float("nan")
    wanted = [(0.0, true[0]), (0.5, 1.25 * true[1]), (0.75, 1.5 * true[2]), (1.0, nan)]
    s, off = np.array([0.0, 0.5, 0.75, 1.0]), np.zeros(4, bool)
    ends = true[0], 2 * true[3]
    steps = list(zip(wanted, states, strict=True))
    certificate, where = certified(judge, s, off, steps, ends, path.zero_objective)
    assert (where, certificate.initial_error) == (0.75, 0)
    assert certificate.deviation == pytest.approx(0.5 / 1.5)
    assert certificate.final_error == pytest.approx(0.5)
    assert certificate.largest_step == np.diff(true).max()


@pytest.mark.parametrize("grid", [[0.0, 0.1, 0.35, 0.4, 0.9], [0.0, 0.3, 0.7, 0.95], [0.0, 0.9]])
def test_the_nearest_entry_is_that_of_the_least_distance(grid):
    grid = np.array(grid)
    s = np.concatenate([np.linspace(0, 1, 83), grid])
    wanted = grid[np.abs(s[:, None] - grid).argmin(1)]
    np.testing.assert_array_equal(_nearest(grid, s), wanted)


@pytest.mark.parametrize("problem", [trained, bump, PLANES["left_start"]])
def test_off_the_grid_is_what_travels_between_its_lambdas(problem):
    path = construct(*problem(), profile="valley", points=5)
    certificate = certify(path, 41)
    travels = [phase for phase in path.phases if phase.name == "travel"]
    for s, off in zip(certificate.s, certificate.off_grid, strict=True):
        inside = any(phase.start < s < phase.stop for phase in travels)
        assert off == (inside and np.abs(path.s - s).min() > SAME)
    # where a coarse grid takes many points the largest gaps are halved
    assert np.diff(certificate.s).max() < 1.7 / 40


@pytest.mark.parametrize(
    ("problem", "grid", "points"),
    [(trained, 41, 22), (trained, 41, 30), (PLANES["high_end"], 41, 41), (trained, 21, 61)],
)
def test_of_a_travels_points_about_every_second_lies_between_lambdas_of_any_grid(
    problem, grid, points
):
    path = construct(*problem(), points=grid, profile="valley")
    certificate = certify(path, points)
    travels = [phase for phase in path.phases if phase.name == "travel"]
    inside = np.any([(certificate.s > p.start) & (certificate.s < p.stop) for p in travels], axis=0)
    off = certificate.off_grid[inside]
    assert 0.4 < off.mean() < 0.8
    on_grid = certificate.s[inside & ~certificate.off_grid]
    assert np.abs(on_grid[:, None] - path.s).min(1).max() <= SAME


def test_what_is_no_point_apart_is_taken_once():
    path = construct(*trained(), points=5)
    near = replace(path.phases[0], stop=5e-10)
    path.phases = (near, *path.phases[1:])
    assert (np.diff(certify(path, 9).s) > SAME).all()
