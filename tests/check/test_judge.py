"""The objective by which paths are checked, against the sheet's and PyTorch's losses."""

import numpy as np
import pytest
import torch

from construction.check import Judge, total_of
from construction.forward.forward import Forward
from construction.loss.catalogue import LOSSES, as_loss
from construction.loss.custom import Custom
from construction.loss.regression import Huber, Pinball

from ..loss_data import REFERENCES, data_for
from ..prescribed_outputs import as_network

PARAMETERS = {
    "huber": (Huber(0.3), lambda p, y: torch.nn.HuberLoss(reduction="sum", delta=0.3)(p, y)),
    "pinball": (Pinball(0.9), lambda p, y: torch.maximum(0.9 * (y - p), 0.1 * (p - y)).sum()),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_judge_sums_what_pytorch_or_the_definition_gives(name):
    outputs, raw = data_for(name, 1)
    assert float(total_of(as_loss(name), outputs, raw)) == pytest.approx(
        float(REFERENCES[name](outputs, raw)), rel=1e-13
    )


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_judge_knows_the_parameters_of_a_loss(name):
    loss, reference = PARAMETERS[name]
    outputs, raw = data_for(name, 1)
    assert float(total_of(loss, outputs, raw)) == pytest.approx(float(reference(outputs, raw)))


@pytest.mark.parametrize("name", LOSSES)
def test_judge_and_sheet_agree_along_the_path_at_any_scale(name):
    outputs, raw = data_for(name, 2)
    problem = as_network(lambda lam: (2 - lam) * outputs, raw)
    forward = Forward(*problem, loss=as_loss(name))
    sheet, judge = forward.along([0.0, 0.3, 1.0]), Judge(forward)
    for c in (0.0, 0.5, 1.0, 3.0):
        states = [{"0.weight": c * problem.path(x)["0.weight"]} for x in sheet.lam]
        judged = [judge.measure(state)[0] for state in states]
        np.testing.assert_allclose(judged, sheet.value(c), rtol=1e-12)


def test_a_users_loss_is_judged_by_itself_on_float64_targets():
    seen = []
    loss = Custom(lambda p, y: seen.append(y.dtype) or (p - y).abs().sum(1))
    outputs, raw = data_for("absolute", 1)
    assert float(total_of(loss, outputs, raw.float())) == pytest.approx(
        float((outputs - raw).abs().sum()), rel=1e-6
    )
    assert seen == [torch.float64]


@pytest.mark.parametrize("name", ["squared", "absolute", "huber"])
def test_class_indices_are_one_hot_for_losses_of_real_targets(name):
    outputs, labels = data_for("cross_entropy", 1)
    loss = as_loss(name)
    one_hot = torch.nn.functional.one_hot(labels, 3)
    assert float(total_of(loss, outputs, labels)) == float(total_of(loss, outputs, one_hot))


@pytest.mark.parametrize("signs", [[0, 1, 1], [-1, 1, 1]])
def test_the_hinge_is_judged_on_classes_and_on_signs(signs):
    outputs = torch.tensor([[0.5], [0.25], [3.0]]).double()
    assert float(total_of(as_loss("hinge"), outputs, torch.tensor(signs))) == 1.5 + 0.75
