import numpy as np
import pytest
import torch
from torch import nn

from construction.errors import HeadError, InputError, WeightsError
from construction.forward import samples
from construction.forward.forward import Forward
from construction.network.networks import mlp
from construction.path.paths import Line, Polyline

from ..problems import (
    Tied,
    classified,
    copied,
    forward_of,
    moments,
    objective,
    plane,
    through,
    trained,
    vector,
)


def test_the_moments_are_those_of_the_model_run_on_its_own():
    model, path, (inputs, targets) = problem = trained()
    found = forward_of(problem).along([0.0, 0.3, 1.0])
    for k, lam in enumerate(found.lam):
        with torch.no_grad():
            outputs = torch.func.functional_call(model, path(lam), (inputs,))
        assert found.a[k] == pytest.approx(float(outputs.square().sum(1).mean()), rel=1e-13)
        assert found.b[k] == pytest.approx(float((outputs * targets).sum(1).mean()), rel=1e-13)
        assert found.value(1.0)[k] == pytest.approx(objective(problem, path(lam)), rel=1e-12)
    assert found.d == pytest.approx(float(targets.square().sum(1).mean()), rel=1e-14)


def test_tiles_of_any_size_give_the_same_moments(monkeypatch):
    whole = moments(forward_of(trained()), 0.4)
    for size in (1, 7, 39, 41):
        monkeypatch.setattr(samples, "TILE", size)
        np.testing.assert_allclose(moments(forward_of(trained()), 0.4), whole, rtol=1e-13)


def test_arrays_give_the_same_as_tensors():
    model, path, (inputs, targets) = trained()
    found = Forward(model, path, (inputs.numpy(), targets.numpy()))
    assert moments(found, 0.5) == moments(forward_of(trained()), 0.5)


def test_class_indices_stand_for_one_hot_targets():
    model, path, (inputs, classes) = classified()
    one_hot = nn.functional.one_hot(classes, 2).double()
    found = moments(forward_of(classified()), 0.5)
    assert found == moments(Forward(model, path, (inputs, one_hot)), 0.5)
    assert found[2] == 1


def test_the_type_is_that_of_the_weights_unless_named_and_the_moments_are_float64(device):
    assert forward_of(trained(torch.float32)).dtype == torch.float32
    exact = forward_of(trained(torch.float32), dtype=torch.float64, device=device)
    assert (exact.dtype, exact.device.type) == (torch.float64, device)
    coarse = moments(forward_of(trained(torch.float32)), 0.5)
    np.testing.assert_allclose(moments(exact, 0.5), coarse, rtol=1e-5)
    assert exact.along([0.5]).a.dtype == np.float64


def test_a_head_can_be_named_and_is_found_otherwise():
    assert forward_of(trained()).head == forward_of(trained(), head="5").head == "5"


def test_a_callable_is_a_path():
    problem = trained()
    as_callable = problem._replace(path=lambda lam: problem.path(lam))
    assert moments(forward_of(as_callable), 0.3) == moments(forward_of(problem), 0.3)


def test_a_head_named_wrongly_is_refused():
    with pytest.raises(HeadError, match="'nose' to name"):
        forward_of(trained(), head="nose")


def test_a_tied_head_is_refused():
    model = Tied()
    with pytest.raises(HeadError, match=r"shares 'head\.weight' with 'enc"):
        Forward(model, Line(copied(model), copied(model)), (torch.ones(2, 4), torch.ones(2, 4)))


def test_weights_of_another_architecture_are_refused_with_a_name():
    model, _, data = trained()
    for other in (mlp((3, 12, 2)), mlp((3, 12, 9, 2))):
        state = copied(other.double())
        with pytest.raises(WeightsError, match=r"fit the model; found .*\d of another shape: '3\."):
            Forward(model, Line(state, state), data)


def test_a_state_dict_without_any_weights_is_refused():
    model, _, data = trained()
    with pytest.raises(WeightsError, match="state dicts, names with tensors; found none"):
        Forward(model, Line({}, {}), data)


def test_a_callable_path_that_loses_an_entry_on_the_way_is_refused():
    model, path, data = trained()

    def forgetful(lam):
        return {name: value for name, value in path(lam).items() if lam != 0.5 or name != "1.bias"}

    with pytest.raises(WeightsError, match=r"1\.bias"):
        Forward(model, forgetful, data).along([0.5])


def test_weights_that_are_not_finite_on_the_way_are_refused_with_their_lambda():
    problem = plane(lambda lam: vector([1.0, float("nan") if lam == 0.25 else 1.0]))
    with pytest.raises(WeightsError, match=r"1 of 2 values of '0.weight' in W\(0\.25\) NaN or inf"):
        forward_of(problem).along([0.25])


def overflowing(*sizes: float) -> Forward:
    """Two layers whose product overflows float32 where both are 1e30."""
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    states = [{name: torch.full((1, 1), size) for name in model.state_dict()} for size in sizes]
    return Forward(model, Polyline(states), (torch.ones(1, 1), torch.ones(1, 1)))


def test_outputs_that_overflow_on_the_way_are_refused_with_their_lambda():
    with pytest.raises(
        WeightsError, match=r"finite outputs.*at lambda = 0\.5\. .*overflow.*float64"
    ):
        overflowing(1.0, 1e30, 1.0).along([0.5])


def test_outputs_that_overflow_at_an_end_are_refused_for_that_reason():
    with pytest.raises(WeightsError, match="overflow"):
        overflowing(1.0, 1e30)


@pytest.mark.parametrize(
    "data",
    [
        torch.zeros(3, 1),
        None,
        (torch.zeros(1, 1),),
        (torch.zeros(1, 1), torch.zeros(1, 2), torch.zeros(1)),
        ("inputs", "targets"),
    ],
    ids=["tensor", "none", "one", "three", "words"],
)
def test_data_that_are_no_pair_of_arrays_are_refused(data):
    with pytest.raises(InputError, match=r"a pair \(inputs, targets\) of tensors.*as two tensors"):
        forward_of(through((1.0, 0.0), (2.0, 0.0))._replace(data=data))


@pytest.mark.parametrize(("inputs", "targets"), [(2, 3), (0, 0), (1, 0)])
def test_inputs_and_targets_of_different_numbers_or_none_are_refused(inputs, targets):
    data = (torch.ones(inputs, 1), torch.ones(targets, 2))
    with pytest.raises(
        InputError, match=rf"shape \({inputs}, 1\) and targets of shape \({targets}, 2\)\. Pass one"
    ):
        forward_of(through((1.0, 0.0), (2.0, 0.0))._replace(data=data))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_inputs_that_are_not_finite_are_refused(bad):
    data = (torch.tensor([[bad]]), torch.ones(1, 2))
    with pytest.raises(InputError, match=r"finite inputs; found NaN.*Remove those samples"):
        forward_of(through((1.0, 0.0), (2.0, 0.0))._replace(data=data))


def test_targets_that_do_not_fit_the_outputs_are_refused():
    data = (torch.ones(1, 1), torch.ones(1, 3))
    with pytest.raises(InputError, match="outputs' shape"):
        forward_of(through((1.0, 0.0), (2.0, 0.0))._replace(data=data))
