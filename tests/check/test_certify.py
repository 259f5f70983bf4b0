"""What the check finds on sound paths, and that it finds sabotage."""

import random
import weakref

import numpy as np
import pytest
import torch

from construction.answers import Certificate
from construction.check import certify
from construction.errors import InputError
from construction.network.heads import scale_head
from construction.network.networks import mlp
from construction.path.paths import Line
from construction.proof.prover import save_proof
from construction.solve import scaled_path
from construction.theorem.construct import construct

from ..problems import PLANES, THEOREM, bump, classified, objective, trained

CASES = [(problem, "valley") for problem in (*PLANES.values(), trained)]
CASES += [(problem, "paper") for problem in (*THEOREM.values(), trained, classified)]
IDS = [f"{problem.__name__}-{profile}" for problem, profile in CASES]


@pytest.mark.parametrize(("problem", "profile"), CASES, ids=IDS)
def test_a_path_in_float64_holds_to_1e_12(problem, profile):
    certificate = construct(*problem(), profile=profile, points=21).certify(60)
    assert certificate.verdict == "checked at 60 points"
    assert certificate.holds
    assert max(certificate.deviation, certificate.initial_error, certificate.final_error) <= 1e-12
    assert certificate.largest_step < 0


@pytest.mark.parametrize("profile", ["paper", "even", "valley"])
def test_a_path_in_float32_holds_to_1e_6(profile):
    certificate = construct(*trained(torch.float32), profile=profile, points=21).certify(60)
    assert certificate.holds
    assert certificate.tolerance == 1e-6
    assert max(certificate.deviation, certificate.initial_error, certificate.final_error) <= 1e-6


class Drawing(torch.nn.Module):
    """Draws random numbers, and uses none."""

    def __init__(self):
        super().__init__()
        self.inner = mlp((2, 8, 1), seed=1)

    def forward(self, x):
        torch.rand(1), np.random.rand(), random.random()
        return self.inner(x)


def test_random_numbers_of_the_users_are_as_they_were(tmp_path):
    def state():
        return str(torch.get_rng_state().tolist()), str(np.random.get_state()), random.getstate()

    model, inputs = Drawing(), torch.linspace(-1, 1, 40).reshape(20, 2)
    first = {name: 2 * value for name, value in model.state_dict().items()}
    last = {name: 0.4 * value for name, value in first.items()}
    before = state()
    path = construct(model, Line(first, last), (inputs, torch.zeros(20, 1)), points=11)
    proof = path.certify(20).proof
    save_proof(path, tmp_path / "proof.npz", proof)
    assert proof.theorem_applies
    assert state() == before


@pytest.mark.parametrize("points", [5, 6, 7, 12, 37, 101])
@pytest.mark.parametrize(("problem", "profile"), [(trained, "paper"), (bump, "valley")])
def test_the_points_are_as_many_as_asked_for_and_distinct_from_0_to_1(problem, profile, points):
    certificate = construct(*problem(), profile=profile, points=11).certify(points)
    assert (
        certificate.points
        == len(certificate.s)
        == len(certificate.lam)
        == len(certificate.objective)
        == points
    )
    assert (certificate.s[0], certificate.s[-1]) == (0, 1)
    assert (np.diff(certificate.s) > 0).all()


@pytest.mark.parametrize("points", [7, 20, 21, 22, 47, 92])
@pytest.mark.parametrize(("problem", "profile"), [(trained, "paper"), (bump, "valley")])
def test_of_any_number_of_points_about_half_of_the_travel_lies_off_the_grid(
    problem, profile, points
):
    path = construct(*problem(), profile=profile, points=21)
    certificate = certify(path, points)
    inside = sum(
        ((certificate.s > p.start) & (certificate.s < p.stop)).sum()
        for p in path.phases
        if p.name == "travel"
    )
    assert certificate.off_grid.sum() >= 0.4 * inside - 1
    assert certificate.off_grid.any()


def test_the_end_itself_is_measured_where_a_lambda_of_the_grid_lies_within_rounding_of_it():
    path = construct(*trained(), profile="valley", points=[0.0, 0.5, 1 - 1e-12, 1.0])
    certificate = certify(path, 20)
    assert certificate.s[-1] == 1
    assert certificate.holds


def test_weights_of_one_point_at_a_time_are_in_memory(monkeypatch):
    handed, make = [], scaled_path.ScaledPath.weights_at

    def noted(*about):
        assert all(one() is None for one in handed), "those of an earlier point are still held"
        state = make(*about)
        handed.extend(weakref.ref(tensor) for tensor in state.values())
        return state

    monkeypatch.setattr(scaled_path.ScaledPath, "weights_at", noted)
    path = construct(*bump(), profile="valley", points=11)
    certify(path, 12)
    assert len(handed) >= 12


@pytest.mark.parametrize(("problem", "profile"), [(trained, "paper"), (bump, "valley")])
def test_grid_lambdas_and_lambdas_between_are_both_checked(problem, profile):
    path = construct(*problem(), profile=profile, points=21)
    certificate = path.certify(61)
    distance = np.abs(certificate.lam[:, None] - path.lam).min(axis=1)
    assert (distance[certificate.off_grid] > 1e-9).all()
    on_grid = ~certificate.off_grid & (certificate.lam > 0) & (certificate.lam < 1)
    assert on_grid.sum() >= 5
    assert certificate.off_grid.sum() >= 15


def test_every_end_of_a_phase_is_checked():
    path = construct(*bump(), profile="valley", points=11)
    assert {phase.stop for phase in path.phases} <= set(path.certify(9).s.tolist())


def test_the_objective_is_that_of_the_model_on_the_paths_weights():
    path = construct(*trained(), points=11)
    certificate = path.certify(9)
    for s, value in zip(certificate.s, certificate.objective, strict=True):
        assert value == pytest.approx(objective(trained(), path.weights(float(s))), rel=1e-14)


def test_the_network_runs_once_a_point_and_once_a_lambda_off_the_grid():
    """And once at either end, of the base path itself; all else is no pass."""
    passes = []

    class Noted(torch.nn.Sequential):
        def forward(self, x):
            passes.append(x.dtype)
            return super().forward(x)

    model, path, data = trained(torch.float32)
    result = construct(Noted(*model), path, data, profile="paper", points=11)
    passes.clear()
    certificate = certify(result, 41)
    assert passes.count(torch.float64) == 41 + 2
    assert passes.count(torch.float32) == certificate.off_grid.sum()


def test_the_path_keeps_its_last_certificate():
    path = construct(*trained(), points=5)
    assert path.certificate is None
    certificate = path.certify(7)
    assert path.certificate is certificate


def test_a_check_runs_on_each_device(device):
    assert construct(*trained(), points=11, device=device).certify(11).holds


@pytest.mark.parametrize("points", [4, 0, -1])
def test_fewer_than_five_points_are_refused(points):
    with pytest.raises(InputError, match=rf"at least 5 points; found {points}\. 1001 is a good"):
        certify(construct(*trained(), points=5), points)


def sabotaged(monkeypatch, factor) -> Certificate:
    """The check of a path whose head is off by a factor that depends on s."""
    path = construct(*trained(), points=11)
    honest = path.weights_at

    def dishonest(point, dtype):
        return scale_head(honest(point, dtype), path.head, factor(point.s))

    monkeypatch.setattr(path, "weights_at", dishonest)
    return path.certify(41)


@pytest.mark.parametrize(
    ("factor", "fault"),
    [
        (lambda s: 1 + 1e-6, "the target is missed by a relative"),
        (lambda s: 1.001 if s == 0 else 1, "the start is missed by a relative"),
        (lambda s: 1.001 if s == 1 else 1, "the end is missed by a relative"),
        (lambda s: 1 + 0.5 * (0.4 < s < 0.5), "the objective rises by"),
        (lambda s: float("nan") if 0.4 < s < 0.5 else 1, "the target is missed by a relative nan"),
    ],
    ids=["scale", "start", "end", "rise", "not-a-number"],
)
def test_a_wrong_scale_is_found_and_named(monkeypatch, factor, fault):
    certificate = sabotaged(monkeypatch, factor)
    assert not certificate.holds
    assert certificate.verdict.startswith("not satisfied at 41 points: ")
    assert fault in certificate.verdict


def test_a_factor_of_one_is_no_fault(monkeypatch):
    assert sabotaged(monkeypatch, lambda s: 1.0).verdict == "checked at 41 points"


def test_a_head_rescaled_without_its_bias_is_found(monkeypatch):
    def forgetful(state, head, c):
        return {**state, f"{head.name}.weight": state[f"{head.name}.weight"] * c}

    monkeypatch.setattr(scaled_path, "scale_head", forgetful)
    assert "the target is missed" in construct(*trained(), points=11).certify(21).verdict


def test_a_sheet_measured_wrongly_is_found():
    path = construct(*trained(), points=11)
    path._measure = lambda lam, honest=path._measure: honest(min(1.0, lam + 1e-6))
    assert "the target is missed" in path.certify(21).verdict


def test_the_start_is_held_against_the_users_own_weights_not_their_rounded_copy():
    problem = trained(torch.float64)
    ends = [{name: w + 1e-9 * w.sign() for name, w in problem.path(x).items()} for x in (0, 1)]
    problem = problem._replace(path=Line(*ends))  # no longer exact in float32
    certificate = construct(*problem, points=11, dtype=torch.float32).certify(15)
    assert 0 < certificate.initial_error < 1e-6
    assert construct(*problem, points=11).certify(15).initial_error == 0


def test_small_objectives_are_held_against_what_rounding_leaves():
    inputs = torch.linspace(-1, 1, 50)[:, None]
    model = mlp((1, 16, 1), seed=3)
    final = {name: value.clone() for name, value in model.state_dict().items()}
    targets = model(inputs).detach() + 1e-3 * torch.randn(50, 1, generator=torch.manual_seed(1))
    for dtype in (torch.float32, torch.float64):
        path = Line(scale_head(final, "3", 8.0), final)
        result = construct(model, path, (inputs, targets), points=41, dtype=dtype)
        assert result.final_objective < 1e-4 * result.zero_objective
        assert result.certify(301).verdict == "checked at 301 points"


def test_a_number_of_points_may_be_numpys_and_is_whole():
    path = construct(*trained(), points=np.int64(5))
    assert len(path.certify(np.int64(7)).s) == 7
    with pytest.raises(InputError, match=r"a whole number of points; found 7\.0"):
        path.certify(7.0)
    with pytest.raises(InputError, match=r"a whole number of points; found 5\.0"):
        construct(*trained(), points=5.0)
