"""A user's loss is taken if it is convex along the rays of the data, else refused with evidence."""

import re

import numpy as np
import pytest
import torch
from torch.nn import functional

from construction.errors import InputError
from construction.loss.catalogue import require_convex
from construction.loss.custom import Custom
from construction.path.paths import Line
from construction.theorem.construct import construct

from ..loss_data import data_for
from ..prescribed_outputs import Prescribed, as_network
from ..problems import trained


def focal(p, y):
    """Lin et al. 2017 (arXiv 1708.02002) with gamma = 2: not convex in the logits."""
    log = functional.log_softmax(p, 1).gather(1, y[:, None]).squeeze(1)
    return -((1 - log.exp()) ** 2) * log


def smooth_hinge(p, y):
    return functional.softplus(1 - y * p).sum(1)


def checked(function, outputs, raw, **options):
    loss = Custom(function, "mine")
    source = Prescribed(lambda lam: outputs, raw, loss, **options)
    require_convex(loss, source.tiles, (0.0, 0.5, 1.0))


def test_a_focal_loss_is_refused_with_a_sample_a_lambda_scales_and_values_that_prove_it():
    outputs, labels = data_for("cross_entropy", 0, samples=20, width=4)
    outputs = 2 * outputs
    with pytest.raises(InputError, match=r"convex in the prediction; found one that") as caught:
        construct(*as_network(lambda lam: (1 + lam) * outputs, labels), loss=focal, points=3)
    number = r"([0-9.e+-]+)"
    found = re.search(
        rf"sample (\d+) at lambda = {number} it is {number}, {number}, {number} at the scales "
        rf"{number}, {number}, {number}, above its chord in the middle\. The theorem asks for conv",
        str(caught.value),
    )
    sample, lam, *values = (float(part) for part in found.groups())
    ray, scales = (1 + lam) * outputs[int(sample)], torch.tensor(values[3:]).double()
    again = focal(scales[:, None] * ray, labels[[int(sample)] * 3])
    np.testing.assert_allclose(again, values[:3], rtol=1e-5)
    assert scales[1] == (scales[0] + scales[2]) / 2
    assert again[1] > (again[0] + again[2]) / 2


def test_the_sample_is_counted_over_tiles():
    outputs = torch.ones(10, 1).double()
    outputs[7] = -1

    def dented(p, y):
        return torch.where(p < 0, -(p**2), p**2).sum(1)

    with pytest.raises(InputError, match="for sample 7 at lambda = 0 "):
        checked(dented, outputs, torch.zeros(10), tile=3)


@pytest.mark.parametrize(
    "function",
    [
        smooth_hinge,
        lambda p, y: (p - y).abs().sum(1),
        lambda p, y: ((p - y) ** 4).sum(1),
        lambda p, y: torch.logsumexp(torch.cat([p - y, y - p], 1), 1),
        lambda p, y: 1e9 * ((p - y) ** 2).sum(1),
        lambda p, y: 0 * p.sum(1),
    ],
    ids=["smooth-hinge", "absolute", "fourth-power", "log-cosh", "large", "nothing"],
)
def test_convex_losses_pass(function):
    outputs, raw = data_for("squared", 1)
    checked(function, outputs, raw)


def test_a_loss_that_overflows_is_refused_with_the_sample():
    outputs, raw = data_for("squared", 1)
    outputs[2] = 99.0
    with pytest.raises(InputError, match="NaN or infinite values for sample 2 at lambda = 0 and"):
        checked(lambda p, y: p.exp().sum(1), outputs, raw)


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (lambda p, y: (p - y[:, :1, None]).sum(), r"found \(\)\. Sum over the outputs"),
        (lambda p, y: (p - y) ** 2, r"found \(6, 3\)\. Sum over the outputs"),
        (lambda p, y: 3.0, r"found float\. Sum over the outputs"),
        (functional.cross_entropy, r"found \(\)\. Sum over the outputs"),
        (lambda p, y: p[:, 7], r"found IndexError: .*Write it with torch"),
        (lambda p: p, r"found TypeError: .*positional.*Write it with torch functions"),
        (
            functional.nll_loss,
            r"predictions of shape \(6, 3\) and targets of shape \(6, 3\); found RuntimeError",
        ),
    ],
)
def test_a_function_that_is_no_loss_is_refused(function, found):
    outputs, raw = data_for("squared", 1)
    with pytest.raises(InputError, match=found):
        checked(function, outputs, raw)


@pytest.mark.parametrize("profile", ["paper", "valley"])
def test_a_users_convex_loss_gives_the_path_of_the_built_in_one(profile):
    outputs, labels = data_for("cross_entropy", 4, samples=12, width=4)
    final, _ = data_for("cross_entropy", 5, samples=12, width=4)
    final[torch.arange(12), labels] += 1.5
    problem = as_network(lambda lam: (1 - lam) * 3 * outputs + lam * final / 2, labels)
    mine = construct(*problem, loss="cross_entropy", profile=profile, points=21)

    def own(p, y):
        return functional.cross_entropy(p, y, reduction="none")

    theirs = construct(*problem, loss=own, profile=profile, points=21)
    np.testing.assert_allclose(theirs.scale, mine.scale, rtol=1e-7)
    np.testing.assert_allclose(theirs.minimum, mine.minimum, rtol=1e-12)
    np.testing.assert_allclose(theirs.objective, mine.objective, rtol=1e-12)
    assert theirs.certify(31).holds


@pytest.mark.parametrize("cpu", [True, False])
def test_the_zero_predictor_is_asked_as_often_for_many_lambdas_as_for_few(cpu, monkeypatch):
    zeros = []
    monkeypatch.setattr(torch.Tensor, "is_cpu", cpu)
    network, line, (inputs, targets) = trained()

    def own(p, y):
        zeros.append(not p.any())
        return ((p - y) ** 2).sum(1)

    for points in (5, 21):
        zeros.append(None)
        assert construct(
            network, line, (inputs, targets.double()), loss=own, points=points
        ).scale.all()
    first, second = zeros[1 : zeros.index(None, 1)], zeros[zeros.index(None, 1) + 1 :]
    assert first.count(True) == second.count(True) < len(first) < len(second)


def test_targets_of_the_same_bytes_and_another_type_have_another_loss():
    loss, rays = Custom(lambda p, y: ((p - y) ** 2).sum(1)), torch.zeros(2, 1).double()
    number = torch.tensor([[1.5], [0.0]], dtype=torch.float64)
    bits = number.view(torch.int64)
    assert [float(loss.zero(rays, y)) for y in (number, bits)] == [2.25, float(bits[0]) ** 2]


def test_a_users_loss_runs_along_a_line_of_a_network():
    outputs, raw = data_for("squared", 6)
    model, path, data = as_network(lambda lam: (4 - 3.9 * lam) * outputs, raw)

    def fourth(p, y):
        return ((p - y) ** 4).sum(1)

    result = construct(model, Line(path(0.0), path(1.0)), data, loss=fourth, points=11)
    assert result.conditions.theorem_applies
    assert result.certify(21).holds


def test_a_loss_that_is_cut_off_from_the_predictions_is_refused():
    def detached(predictions, targets):
        return (predictions.detach() - targets).square().sum(1)

    with pytest.raises(InputError, match="cut off from them"):
        construct(*trained(), loss=detached, points=5)


def test_a_loss_with_one_value_an_output_is_told_to_sum():
    def unsummed(predictions, targets):
        return (predictions - targets).square()

    with pytest.raises(InputError, match=r"found \(40, 2\)\. Sum over the outputs of a sample"):
        construct(*trained(), loss=unsummed, points=5)
