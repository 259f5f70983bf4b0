"""What is proved of constructed paths, and what is not."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, Polyline, construct
from construction.answers.certificate import Certificate, Interval, Proof, Statement
from construction.errors import ProofError
from construction.loss.catalogue import LOSSES, Custom, as_loss
from construction.proof.bounds import BoundedNetwork
from construction.proof.growth import prove_growth, witnesses
from construction.proof.minimum import Ceiling, highest_loss
from construction.proof.prover import prove
from construction.theorem.monotone import MonotonePath

from ..problems import copied, high_end, left_start, plateau, right_start, short_end
from ..proofs import constructed, densely, fitted, passing_zero, separated


def contiguous(statement):
    ends = [interval.stop for interval in statement.intervals]
    starts = [interval.start for interval in statement.intervals]
    return starts == [0.0, *ends[:-1]] and ends[-1] == 1.0


def named(proof, name):
    found = proof.statement(name)
    assert found is not None
    return found


def test_the_theorem_is_proved_of_a_trained_network():
    proof = prove(constructed())
    assert proof.theorem_applies
    assert proof.path_exists
    assert contiguous(named(proof, "condition 1"))
    assert named(proof, "condition 1").verdict == "proved on [0, 1]"


@pytest.mark.parametrize("problem", [high_end, short_end, separated])
def test_a_valley_is_proved(problem):
    found = problem()
    if not isinstance(found, MonotonePath):
        found = construct(*found, profile="valley", points=21)
    proof = prove(found)
    assert contiguous(named(proof, "valley"))
    assert named(proof, "valley").proved
    assert named(proof, "sheet barrier").proved
    assert proof.path_exists


def test_what_is_proved_holds_on_a_fine_grid():
    path = separated()
    for interval in named(prove(path), "valley").intervals:
        sheet = path.forward.along(densely(interval.start, interval.stop))
        assert (sheet.minimum_excess <= path.profile.excess(sheet) + 1e-7).all()


def test_a_path_through_zero_outputs_is_not_proved_there():
    model, path, data = passing_zero()
    statement = prove_growth(BoundedNetwork(construct(model, path, data, points=[0, 1]).forward))
    assert not statement.proved
    ((start, stop),) = statement.open
    assert start < 0.75 < stop
    assert stop - start < 1e-3
    assert statement.verdict.startswith("proved on [0, 1] but for [0.7")


def test_where_everything_is_classified_correctly_condition_1_is_not_proved():
    path = separated()
    statement = named(prove(path), "condition 1")
    without = path.lam[~path.sheet.rises]
    ((start, stop),) = statement.open
    assert without[0] - 1 / 40 <= start <= without[0]
    assert stop == 1.0


def test_a_left_start_is_proved_without_the_theorem():
    problem = left_start()
    path = construct(problem.model, problem.path, problem.data, profile="valley", points=21)
    proof = prove(path)
    assert named(proof, "left start").proved
    assert named(proof, "sheet barrier").proved
    assert proof.path_exists
    assert not proof.theorem_applies


def test_a_plateau_of_m_stays_open():
    problem = plateau()
    path = construct(problem.model, problem.path, problem.data, profile="valley", points=22)
    valley = named(prove(path), "valley")
    assert not valley.proved
    assert valley.open[0][0] == pytest.approx(2 / 3, abs=1e-3)


def test_a_polyline_is_proved_segment_by_segment():
    problem = right_start()
    first, last = problem.path.states
    bend = {name: 0.5 * (value + last[name]) + 0.3 for name, value in first.items()}
    path = Polyline([first, bend, last], [0.0, 0.4, 1.0])
    statement = named(prove(construct(problem.model, path, problem.data, points=21)), "condition 1")
    assert statement.proved
    assert 0.4 in {interval.stop for interval in statement.intervals}


CLASSES = ["cross_entropy", "label_smoothing", "multiclass_hinge"]


def outputs_and_targets(loss, seed=0):
    generator = torch.Generator().manual_seed(seed)
    outputs = torch.randn(12, 3, generator=generator).double()
    if loss.name in CLASSES:
        raw = torch.randint(0, 3, (12,), generator=generator)
    elif loss.name == "hinge":
        raw = torch.randn(12, 3, generator=generator).double().sign()
    elif loss.name == "poisson":
        raw = torch.poisson(torch.ones(12, 3).double(), generator=generator)
    else:
        raw = torch.rand(12, 3, generator=generator).double()
    return outputs, raw, loss.targets(raw, outputs)


@pytest.mark.parametrize("name", LOSSES)
def test_a_witness_makes_the_loss_grow(name):
    loss = as_loss(name)
    outputs, raw, targets = outputs_and_targets(loss)
    found = witnesses(loss, outputs, targets)
    for k in range(len(outputs)):
        one = slice(k, k + 1)
        rays, beside = loss.rays(outputs[one], loss.targets(raw[one], outputs[one]))
        assert (float(loss.growth(rays[None], beside)) > 0) == (float(found.value[k]) > 0)


@pytest.mark.parametrize("name", LOSSES)
def test_the_highest_loss_over_a_box_bounds_all_of_it(name):
    loss = as_loss(name)
    outputs, raw, targets = outputs_and_targets(loss)
    radius = torch.rand(12, 3, generator=torch.Generator().manual_seed(1)).double() * 0.3
    bound = highest_loss(loss, outputs, radius, targets)
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3).double()
    inside = torch.rand(200, 3, generator=torch.Generator().manual_seed(2)).double() * 2 - 1
    values = []
    for signs in torch.cat([corners, inside]):
        moved = outputs + signs * radius
        rays, beside = loss.rays(moved, loss.targets(raw, moved))
        one = torch.ones(1).double()
        each = [
            loss.along(rays[None, :, k : k + 1], beside[..., k : k + 1], one).value
            for k in range(12)
        ]
        values.append(torch.cat(each))
    largest = torch.stack(values).amax(0)
    assert (largest <= bound + 1e-12).all()
    if name != "label_smoothing":
        assert torch.allclose(largest, bound)


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
@pytest.mark.parametrize("anchored", [False, True])
def test_the_ceiling_lies_above_g(loss, anchored):
    path = constructed(points=5) if loss == "squared" else separated(5)
    network = BoundedNetwork(path.forward)
    for start, stop in ((0.0, 0.2), (0.9, 1.0), (1.0, 0.8)):
        for c in (0.0, 0.4, 1.3):
            line = Ceiling(network, start, stop, anchored=anchored).line(c)
            for t in densely(0, 1, 7):
                g = float(path.forward.along([start + t * (stop - start)]).value(c)[0])
                assert g <= (1 - t) * line.left + t * line.right + 1e-5


def test_the_objective_lies_between_its_bounds():
    path = constructed(points=5)
    bounds = Ceiling(BoundedNetwork(path.forward), 0.0, 0.0).line(1.0)
    assert bounds.lowest <= path.initial_objective * (1 + 1e-6)
    assert bounds.left >= path.initial_objective * (1 - 1e-6)
    assert bounds.left - bounds.lowest < 1e-6 * bounds.left


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
    found = path.record().load(path.record().save(tmp_path / "one.npz"))
    kept = found.routes[0].journeys["valley"].certificate
    assert isinstance(kept, Certificate)
    assert kept.proof == check.proof


# --- reasons why nothing is proved ---------------------------------------------------------------


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
    with pytest.raises(ProofError, match="whose growth is only looked at"):
        witnesses(Custom(fourth), hot, hot)
    with pytest.raises(ProofError, match="of which only values are known"):
        highest_loss(Custom(fourth), inputs, inputs, hot)


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


# --- words ---------------------------------------------------------------------------------------


def test_verdicts_name_what_is_open():
    pieces = tuple(Interval(k / 8, (k + 1) / 8, (-1.0) ** k) for k in range(8))
    found = Statement("valley", "", pieces).verdict
    assert found.startswith("proved on [0, 1] but for [0.125, 0.25], [0.375, 0.5], [0.625, 0.75]")
    assert found.endswith(" and 1 more")
    assert Statement("valley", "", pieces[1:2]).verdict == "not proved on [0.125, 0.25]"
    assert Statement("condition 2", "", (Interval(0, 0, 1.0),)).verdict == "proved at lambda = 0"
    assert Statement("valley", "", ()).verdict == "not proved"
    assert Proof((Statement("a", "", pieces[:1]),)).verdict == "a proved on [0, 0.125]"


def test_a_hook_that_changes_outputs_is_refused():
    model, initial, final, data = fitted(steps=20, head=3.0)
    model[1].register_forward_hook(lambda module, given, output: output.clamp_max(100.0) * 1.0)
    path = construct(model, Line(initial, final), data, points=5)
    assert "a hook on '1' that changes outputs" in prove(path).reason


class Aliased(nn.Module):
    """Adds a value to what an in-place ReLU has made of it: twice the ReLU."""

    def __init__(self):
        super().__init__()
        self.body, self.relu, self.head = nn.Linear(2, 4), nn.ReLU(inplace=True), nn.Linear(4, 2)

    def forward(self, x):
        h = self.body(x)
        return self.head(self.relu(h) + h)


class Sliced(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)

    def forward(self, x):
        return self.head(x[:, :2])


class Silent(nn.Module):
    """A branch of zeros hides that its pooling divides by one."""

    def __init__(self):
        super().__init__()
        self.pool, self.branch = nn.AvgPool2d(2, divisor_override=1), nn.Conv2d(1, 1, 1)
        self.other, self.head = nn.AvgPool2d(2), nn.Linear(4, 2)
        nn.init.zeros_(self.branch.weight)
        nn.init.zeros_(self.branch.bias)

    def forward(self, x):
        return self.head((self.branch(self.pool(x)) + self.other(x)).flatten(1))


class Tokens(nn.Module):
    """A linear layer on tokens, whose bias runs along another axis than the steps would say."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Linear(3, 3), nn.Linear(9, 2)

    def forward(self, x):
        return self.head(self.embed(x).flatten(1))


@pytest.mark.parametrize(
    ("model", "shape", "reason"),
    [
        (Aliased(), (2,), "changes in place what is used elsewhere"),
        (Sliced(), (3,), "the call getitem"),
        (Silent(), (1, 4, 4), "the call avg_pool2d in the layer 'pool'"),
        (Tokens(), (3, 3), "outputs that differ"),
    ],
)
def test_what_the_steps_would_misread_is_refused(model, shape, reason):
    inputs = torch.rand(6, *shape, generator=torch.Generator().manual_seed(0))
    first = copied(model)
    with torch.no_grad():
        wanted = 0.1 * model(inputs)
    last = {name: 0.2 * value for name, value in first.items()}
    path = construct(model, Line(first, last), (inputs, wanted), profile="valley", points=5)
    assert reason in prove(path).reason
