import copy
import random

import numpy as np
import pytest
import torch
from torch import nn

from construction.errors import ConditionError, HeadError, InputError, RootError, WeightsError
from construction.path.paths import Line, Polyline
from construction.theorem.construct import assess, construct, with_profile

from ..prescribed_outputs import as_network
from ..problems import (
    THEOREM,
    Pair,
    Problem,
    Tied,
    barrier,
    classified,
    copied,
    left_start,
    objective,
    plane,
    right_start,
    through,
    trained,
    vanishing,
    vector,
)

RIGHT = {**THEOREM, "trained": trained}


@pytest.mark.parametrize("profile", ["paper", "even"])
@pytest.mark.parametrize("problem", RIGHT.values(), ids=RIGHT)
def test_the_objective_on_the_grid_meets_the_target_and_strictly_falls_from_the_start(
    problem, profile
):
    path = construct(*problem(), profile=profile, points=101)
    assert (np.diff(path.objective) < 0).all()
    np.testing.assert_allclose(path.objective, path.target, rtol=1e-13)
    assert path.scale[0] == 1
    assert path.scale[-1] > 1
    assert (path.scale >= path.best_scale).all()
    assert path.objective[-1] > max(path.zero_objective, path.final_objective)
    assert path.conditions.theorem_applies


@pytest.mark.parametrize("profile", ["paper", "even", "valley"])
def test_a_float32_network_gives_a_strict_fall_too(profile, device):
    path = construct(*trained(torch.float32), profile=profile, points=101, device=device)
    assert (np.diff(path.objective) < 0).all()
    assert path.at(1.0).objective == pytest.approx(path.final_objective, rel=1e-6)
    assert path.certify(51).holds


def test_the_papers_target_is_two_thirds_of_the_start_and_a_third_of_the_floor_at_the_end():
    path = construct(*right_start(), points=11)
    assert path.target[-1] == pytest.approx(2 / 3 * 9.25 + 1 / 3)


def test_class_indices_are_one_hot_targets():
    path = construct(*classified(), points=11)
    model, base, (inputs, classes) = classified()
    one_hot = nn.functional.one_hot(classes, 2)
    again = construct(model, base, (inputs, one_hot), points=11)
    assert path.scale.tolist() == again.scale.tolist()
    assert objective(Problem(model, base, (inputs, one_hot)), path.weights(0.5)) == pytest.approx(
        path.at(0.5).objective, rel=1e-13
    )


def test_c_is_continuous_in_lambda_as_refining_the_grid_halves_its_largest_step():
    steps = [
        np.abs(np.diff(construct(*trained(), points=points).scale)).max()
        for points in (101, 201, 401)
    ]
    ratios = np.divide(steps[1:], steps[:-1])
    assert ((ratios > 0.4) & (ratios < 0.6)).all()


@pytest.mark.parametrize(
    "points", [np.int64(11), np.linspace(0, 1, 11), np.linspace(0, 1, 11).tolist()]
)
def test_points_may_be_a_number_or_the_lambdas_themselves(points):
    assert construct(*trained(), points=points).scale.tolist() == (
        construct(*trained(), points=11).scale.tolist()
    )


def test_any_callable_is_a_base_path_on_an_even_grid():
    model, path, data = trained()
    found = construct(model, lambda lam: path(lam), data, points=11)
    assert found.lam.tolist() == np.linspace(0, 1, 11).tolist()
    assert found.scale.tolist() == construct(*trained(), points=11).scale.tolist()


def test_a_polyline_has_its_vertices_on_the_grid():
    states = [vector(w) for w in ((4.0, 0.5), (3.0, 2.0), (1.0, 0.05))]
    path = construct(*plane(Polyline(states, [0, 0.123, 1])), points=11)
    assert 0.123 in path.lam
    assert path.empirical[path.lam == 0.123] == pytest.approx(8.0)
    assert (np.diff(path.objective) < 0).all()


@pytest.mark.parametrize("profile", ["even", "valley", lambda lam: 9.25 - lam])
def test_another_profile_on_the_same_sheet_equals_constructing_anew(profile):
    anew = construct(*right_start(), profile=profile, points=21)
    changed = with_profile(construct(*right_start(), points=21), profile)
    for name in ("lam", "s", "scale", "target", "objective"):
        assert getattr(changed, name).tolist() == getattr(anew, name).tolist()
    assert changed.phases == anew.phases


def test_a_profile_of_the_users_is_met():
    path = construct(*right_start(), profile=lambda lam: 9.25 - 8 * lam**2, points=21)
    np.testing.assert_allclose(path.objective, 9.25 - 8 * path.lam**2, rtol=1e-14)


@pytest.mark.parametrize(
    "profile", [lambda lam: 9.25 + lam, lambda lam: 9 - lam, lambda lam: 9.25 - 8.5 * lam]
)
def test_a_profile_of_the_users_that_cannot_serve_is_refused(profile):
    with pytest.raises(InputError, match="profile"):
        construct(*right_start(), profile=profile, points=21)


class Eventful(nn.Module):
    """Batch norm, dropout, a hook, gradients, training mode: all that could be disturbed."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5))
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.body(x))


def test_the_users_model_data_weights_and_random_state_stay_as_they_were():
    torch.manual_seed(4)
    model, inputs, targets = Eventful().train(), torch.randn(30, 3), torch.randn(30, 2)
    model.head.register_forward_hook(lambda *_: None)
    model(inputs).sum().backward()
    state = copied(model)
    state["head.weight"] *= 4
    final = {name: value * 0.1 if "head" in name else value for name, value in state.items()}

    def snapshot():
        return copy.deepcopy(
            (
                [(name, value.tolist()) for name, value in model.state_dict().items()],
                [(name, value.grad.tolist()) for name, value in model.named_parameters()],
                [(m.training, len(m._forward_hooks)) for m in model.modules()],
                [value.tolist() for s in (state, final) for value in s.values()],
                (inputs.tolist(), targets.tolist()),
                torch.get_rng_state().tolist(),
                random.getstate(),
                np.random.get_state()[1].tolist(),
            )
        )

    before = snapshot()
    path = construct(
        model,
        Line(state, final),
        (inputs, targets),
        profile="valley",
        points=11,
        batch_norm="interpolate",
    )
    path.weights(0.5)
    path.certify(11)
    assert snapshot() == before


def test_the_result_owes_nothing_to_what_the_model_was_trained_to_since():
    model, path, data = trained()
    model = copy.deepcopy(model)
    found = construct(model, path, data, points=11)
    scale = found.scale.copy()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    assert found.at(found.s_of(0.5)).scale == pytest.approx(scale[5], rel=1e-14)
    assert found.certify(11).holds


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [1, 0, -3])
def test_fewer_than_two_points_are_refused(points):
    with pytest.raises(InputError, match=rf"at least 2 points; found {points}\. 401 is a good"):
        construct(*trained(), points=points)


def test_a_number_of_points_that_is_not_whole_is_refused():
    with pytest.raises(InputError, match=r"a whole number of points; found 0\.5\. 401 is a good"):
        construct(*trained(), points=0.5)


@pytest.mark.parametrize(
    "points",
    [[0.1, 1], [0, 0.9], [0, 0.5, 0.5, 1], [0, 0.6, 0.5, 1], [0], [], [[0, 1]]],
    ids=str,
)
def test_lambdas_that_do_not_increase_from_0_to_1_are_refused(points):
    with pytest.raises(InputError, match=r"lambdas that increase from 0 to 1.*such an array"):
        construct(*trained(), points=points)


def test_lambdas_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="lambdas that increase from 0 to 1"):
        construct(*trained(), points=[0, float("nan"), 1])


def test_a_grid_too_fine_for_the_target_to_fall_is_refused():
    with pytest.raises(
        RootError, match=r"strictly decreases on the grid.*lambda = 0 and 1e-18"
    ) as e:
        construct(*trained(), points=[0, 1e-18, 1])
    assert (e.value.lam, e.value.count) == (0, 1)


@pytest.mark.parametrize("profile", ["steep", "Paper", None, 3])
def test_an_unknown_profile_is_refused(profile):
    told = r"a callable, or a profile among 'paper', 'even', 'valley'; found .*(Use one|'paper'\?)"
    with pytest.raises(InputError, match=told):
        construct(*trained(), profile=profile, points=5)


def test_an_unknown_loss_is_refused():
    with pytest.raises(InputError, match=r"a loss among 'squared', .*; found 'hing'"):
        construct(*trained(), loss="hing")


@pytest.mark.parametrize("profile", ["paper", "even", "valley", lambda lam: 16 - lam])
def test_outputs_that_vanish_at_a_grid_lambda_fail_condition_1_there(profile):
    with pytest.raises(
        ConditionError, match=r"at lambda = 0\.5.*take another base path|at lambda = 0\.5.*leave"
    ) as caught:
        construct(*vanishing(), profile=profile, points=5)
    error = caught.value
    wanted = ("crossing", 0.5, -3) if profile == "valley" else ("condition 1", 0.5, 0)
    assert (error.condition, error.lam, error.margin) == wanted


@pytest.mark.parametrize("profile", ["paper", "even", lambda lam: 0.34 - lam / 4])
def test_a_start_below_the_zero_predictor_fails_condition_2_by_that_margin(profile):
    with pytest.raises(ConditionError, match=r"condition 2.*profile='valley' may still") as caught:
        construct(*left_start(), profile=profile)
    error = caught.value
    assert (error.condition, error.lam) == ("condition 2", 0)
    assert error.margin == pytest.approx(0.34 - 1)


def test_the_valley_leads_on_from_a_start_below_the_zero_predictor():
    path = construct(*left_start(), profile="valley", points=51)
    assert (np.diff(path.objective) < 0).all()
    assert path.objective[0] < path.initial_objective < path.zero_objective
    assert path.at(1.0).scale == 1
    assert not path.conditions.theorem_applies
    assert path.conditions.sheet_has_path


@pytest.mark.parametrize("profile", ["paper", "valley"])
@pytest.mark.parametrize(
    "problem", [through((1.0, 0.05), (4.0, 0.5)), through((4.0, 0.5), (4.0, 0.5))]
)
def test_a_final_objective_that_is_not_lower_is_refused(problem, profile):
    with pytest.raises(ConditionError, match=r"final objective.*swap the ends") as caught:
        construct(*problem, profile=profile, points=5)
    assert (caught.value.condition, caught.value.lam) == ("final objective", 1)
    assert caught.value.margin <= 0


@pytest.mark.parametrize(("start", "stop", "where"), [(800.0, 1.0, 0), (1.0, 800.0, 1)])
def test_an_end_whose_objective_overflows_is_refused(start, stop, where):
    problem = as_network(
        lambda lam: torch.tensor([[(1 - lam) * start + lam * stop]]).double(),
        torch.tensor([[2.0]]),
    )
    with pytest.raises(WeightsError, match=rf"both ends .* found inf at lambda = {where}\. The pr"):
        construct(*problem, loss="poisson", profile="valley", points=5)


def test_a_barrier_of_the_sheet_is_refused_with_its_place_and_height():
    with pytest.raises(ConditionError, match=r"sheet barrier.*Polyline through.*checkpo") as caught:
        construct(*barrier(), profile="valley", points=5)
    assert (caught.value.condition, caught.value.lam) == ("sheet barrier", 0.5)
    assert caught.value.margin == pytest.approx(0.01 - 1 / 1.04)


def built(model: nn.Module, **options):
    """Construct from the model's own weights to a tenth of each."""
    state = copied(model)
    final = {name: value / 10 for name, value in state.items()}
    inputs = torch.linspace(-1, 1, 20).reshape(5, 4)
    return construct(model, Line(state, final), (inputs, torch.ones(5, 2)), points=5, **options)


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (nn.Sequential(nn.Linear(4, 2), nn.Softmax(dim=1)), "outputs multiplied by"),
        (Pair(), "returns one tensor"),
        (Tied(), "shares .* with"),
    ],
    ids=["softmax", "tuple", "tied"],
)
def test_a_model_that_does_not_end_in_a_linear_layer_of_its_own_is_refused(model, match):
    with pytest.raises(HeadError, match=match):
        built(model)


def test_a_head_named_wrongly_is_refused():
    with pytest.raises(HeadError, match="no such layer"):
        built(nn.Linear(4, 2), head="fc")


def test_state_dicts_of_another_model_are_refused():
    problem = trained()._replace(model=nn.Linear(3, 2).double())
    with pytest.raises(WeightsError, match="weights that fit the model"):
        construct(*problem)


def test_a_loss_that_overflows_on_the_way_is_answered_as_the_same_loss_that_does_not():
    """Right from lambda = 0.6 on: the theorem does not apply, and a valley crosses before."""

    def logistic(predictions, targets):
        return ((1 + predictions.exp()).log() - targets * predictions).sum(1)

    problem = as_network(
        lambda lam: torch.tensor([[4.0], [5 * lam - 3]]).double(), torch.ones(2, 1)
    )
    for loss in (logistic, "binary_cross_entropy"):
        found = assess(*problem, loss=loss, points=11)
        assert found.condition_1.answer == "no", found.condition_1
        assert found.condition_1.where == pytest.approx(0.6)
        assert (found.theorem_answer, found.path_answer) == ("no", "yes")
        path = construct(*problem, loss=loss, points=11, profile="valley")
        assert (np.diff(path.objective) < 0).all()
        assert path.certify(101, prove=False).holds
