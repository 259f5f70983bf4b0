"""What is proved of constructed paths, and what is not."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, Polyline, construct
from construction.answers import Certificate
from construction.loss.regression import Squared
from construction.proof import minimum
from construction.proof.prover import prove
from construction.theorem.monotone import MonotonePath

from ..problems import high_end, left_start, plateau, short_end
from ..proofs import constructed, contiguous, densely, fitted, separated, statement_of


def test_the_theorem_is_proved_of_a_trained_network():
    proof = prove(constructed())
    assert proof.theorem_applies
    assert proof.path_exists
    assert contiguous(statement_of(proof, "condition 1"))
    assert statement_of(proof, "condition 1").verdict == "proved on [0, 1]"


@pytest.mark.parametrize("problem", [high_end, short_end, separated])
def test_a_valley_is_proved(problem):
    path = problem()
    if not isinstance(path, MonotonePath):
        path = construct(*path, profile="valley", points=21)
    proof = prove(path)
    assert contiguous(statement_of(proof, "valley"))
    assert statement_of(proof, "valley").proved
    assert statement_of(proof, "sheet barrier").proved
    assert proof.path_exists


def test_an_end_that_the_target_touches_is_tried_from_afar_once(monkeypatch):
    tried = []

    class Counted(minimum.Ceiling):
        def __init__(self, network, left, right, *, anchored=False):
            tried.append((left, right, anchored))
            super().__init__(network, left, right, anchored=anchored)

    model, initial, final, data = fitted(head=3.0, seed=3)
    path = construct(model, Line(initial, final), data, points=81)
    for entry in list(final)[-2:]:  # the last layer, so that c = 1 is best at lambda = 1
        final[entry] = final[entry] * float(path.best_scale[-1])
    path = construct(model, Line(initial, final), data, profile="valley", points=81)
    monkeypatch.setattr(minimum, "Ceiling", Counted)
    valley = statement_of(prove(path), "valley")
    assert valley.intervals[-1].proved
    assert valley.intervals[-1].touches == "stop"
    from_afar = [left for left, right, anchored in tried if right == 1 and not anchored]
    assert len([left for left in from_afar if left < path.lam[-2]]) == 1


def test_what_is_proved_holds_on_a_fine_grid():
    path = separated()
    for interval in statement_of(prove(path), "valley").intervals:
        sheet = path.forward.along(densely(interval.start, interval.stop))
        assert (sheet.minimum_excess <= path.profile.excess(sheet) + 1e-7).all()


def test_a_left_start_is_proved_without_the_theorem():
    problem = left_start()
    path = construct(problem.model, problem.path, problem.data, profile="valley", points=21)
    proof = prove(path)
    assert statement_of(proof, "left start").proved
    assert statement_of(proof, "sheet barrier").proved
    assert proof.path_exists
    assert not proof.theorem_applies


def test_a_plateau_of_m_stays_open():
    problem = plateau()
    path = construct(problem.model, problem.path, problem.data, profile="valley", points=22)
    valley = statement_of(prove(path), "valley")
    assert not valley.proved
    assert valley.open[0][0] == pytest.approx(2 / 3, abs=1e-3)


def test_the_prover_leaves_the_result_as_it_was():
    path = constructed(points=11)
    before = path.scale.copy()
    prove(path)
    assert np.array_equal(path.scale, before)


def test_a_certificate_carries_a_proof_if_asked():
    path = constructed(points=11)
    assert path.certify(9).proof.theorem_applies
    assert path.certify(9, prove=False).proof is None


def test_the_conditions_say_what_was_proved():
    path = constructed(points=11)
    assert path.conditions.condition_1.verdict == "checked at 11 points"
    path.certify(9)
    assert path.conditions.condition_1.verdict == "proved on [0, 1]"
    assert path.conditions.condition_2.verdict == "proved at lambda = 0"
    assert path.conditions.sheet_barrier.verdict == "proved on [0, 1]"


def test_a_record_brings_the_proof_back(tmp_path):
    path = constructed("valley", points=11)
    check = path.certify(9)
    record = path.record().load(path.record().save(tmp_path / "one.npz"))
    kept = record.routes[0].journeys["valley"].certificate
    assert isinstance(kept, Certificate)
    assert kept.proof == check.proof


def test_another_path_is_refused_with_its_type():
    model, initial, final, data = fitted(steps=20, head=3.0)
    line = Line(initial, final)
    proof = prove(construct(model, lambda lam: line(lam), data, points=5))
    assert "a path of straight segments" in proof.reason
    assert proof.verdict.startswith("not proved: ")
    assert not proof.path_exists


def test_a_network_that_is_not_piecewise_linear_is_refused():
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    state = {k: 3 * v.detach() for k, v in model.state_dict().items()}
    data = torch.randn(9, 2, generator=generator), torch.zeros(9, 1)
    data = data[0], model(data[0]).detach()
    path = construct(model, Line(state, model.state_dict()), data, profile="valley", points=5)
    assert "Tanh" in prove(path).reason


def test_a_loss_of_the_users_own_is_refused():
    def fourth(predictions, targets):
        return ((predictions - targets) ** 4).sum(1)

    model, initial, final, (inputs, labels) = fitted(steps=20, head=3.0)
    hot = nn.functional.one_hot(labels, 3).double()
    path = construct(model, Line(initial, final), (inputs, hot), loss=fourth, points=5)
    assert "'fourth', of which only values are known" in prove(path).reason


def test_a_loader_read_anew_is_refused():
    model, initial, final, data = fitted(steps=20, head=3.0)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*data), batch_size=20)
    path = construct(model, Line(initial, final), loader, points=5, memory=1000)
    assert "a loader that is read anew" in prove(path).reason


def test_outputs_of_more_than_two_dimensions_are_refused():
    model = nn.Sequential(nn.Linear(2, 2, bias=False)).double()
    state = {k: 2 * v.detach() for k, v in model.state_dict().items()}
    inputs = torch.randn(6, 3, 2, generator=torch.Generator().manual_seed(0)).double()
    data = inputs, 0.1 * model(inputs).detach()
    path = construct(model, Line(state, model.state_dict()), data, profile="valley", points=5)
    assert "(6, 3, 2)" in prove(path).reason


class Shifted(Polyline):
    """A polyline by type, and something else between its ends."""

    def __call__(self, lam):
        state = super().__call__(lam)
        return {name: value * (1 - lam * (1 - lam)) for name, value in state.items()}


class Bounded(Squared):
    """A loss by type, that is neither convex nor grows."""

    def phi(self, p, y):
        return super().phi(p, y).clamp_max(1.0)


class Clamped(nn.Sequential):
    """Does more, when it is called, than its forward says."""

    def __call__(self, x):
        return super().__call__(x).clamp_max(1e6)


def test_a_path_or_a_loss_that_only_derives_from_a_known_one_is_refused():
    model, initial, final, data = fitted(steps=20, head=3.0)
    line = Shifted([initial, final])
    assert "found Shifted" in prove(construct(model, line, data, points=5)).reason
    path = construct(model, Line(initial, final), data, points=5)
    path.forward.loss = Bounded()
    assert "of which only values are known" in prove(path).reason


def test_a_layer_that_is_called_by_other_means_is_refused():
    model, initial, final, data = fitted(steps=20, head=3.0)
    known = construct(model, Line(initial, final), data, points=5)
    known.forward.user_model = Clamped(*model)
    assert "'the model', which is called by other means" in prove(known).reason
    model[2].forward = partial(nn.functional.hardtanh, min_val=-1e6, max_val=1e6)
    path = construct(model, Line(initial, final), data, points=5)
    assert "'2', which is called by other means" in prove(path).reason


def test_a_hook_which_may_change_outputs_is_refused():
    model, initial, final, data = fitted(steps=20, head=3.0)
    model[1].register_forward_hook(lambda module, given, output: output.clamp_max(100.0) * 1.0)
    path = construct(model, Line(initial, final), data, points=5)
    assert "a hook on '1', which may change outputs" in prove(path).reason
