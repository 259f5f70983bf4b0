"""Running statistics along the path: interpolated or recomputed, as was said and recorded."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import update_bn
from torch.utils.data import DataLoader, TensorDataset

from construction import Line, Record, construct
from construction.errors import InputError
from construction.forward import batch_norm
from construction.forward.batch_norm import normalising_layers, recomputed
from construction.forward.forward import Forward
from construction.network.heads import scale_head

from ..problems import copied, moments

X = torch.randn(300, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
Y = torch.arange(300) % 3


def network(track: bool = True) -> nn.Module:
    torch.manual_seed(0)
    layers = [nn.Linear(4, 6), nn.BatchNorm1d(6, track_running_stats=track), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dropout(0.3), nn.Linear(6, 3)).double()


def trained(model: nn.Module) -> Line:
    """From the initial weights, head enlarged, to those after some steps."""
    initial = scale_head(copied(model), "4", 9.0)
    model = copy.deepcopy(model).train()
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(30):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(X), nn.functional.one_hot(Y, 3).double()).backward()
        optimizer.step()
    return Line(initial, copied(model))


@pytest.fixture(scope="module")
def problem():
    model = network()
    return model, trained(model), (X, Y)


def updated(model: nn.Module, path: Line, lam: float, tiles) -> nn.Module:
    """PyTorch's own recomputation, dropout off."""
    reference = copy.deepcopy(model)
    reference.load_state_dict(path(lam))
    reference.eval()
    for module in reference.modules():  # update_bn switches the whole model to training
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    update_bn([x for x, _ in tiles], reference)
    return reference.eval()


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_recomputed_statistics_are_those_of_torchs_own_update(problem, lam):
    model, path, _ = problem
    forward = Forward(*problem, batch_norm="recompute")
    found, wanted = forward.path(lam), updated(model, path, lam, forward.data)
    assert [len(x) for x, _ in forward.data] == [100, 100, 100]
    for name, value in wanted.state_dict().items():
        torch.testing.assert_close(found[name], value, rtol=1e-13, atol=1e-15)
    with torch.no_grad():
        loss = (wanted(X) - nn.functional.one_hot(Y, 3)).square().sum(1).mean()
    assert forward.along([lam]).value(1.0)[0] == pytest.approx(float(loss), rel=1e-12)


def test_interpolated_statistics_lie_on_the_line(problem):
    _, path, _ = problem
    forward = Forward(*problem, batch_norm="interpolate")
    for name in ("1.running_mean", "1.running_var"):
        wanted = torch.lerp(path.states[0][name], path.states[1][name], 0.3)
        assert torch.equal(forward.path(0.3)[name], wanted)


@pytest.mark.parametrize("choice", ["interpolate", "recompute"])
@pytest.mark.parametrize("profile", ["paper", "valley"])
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_the_certificate_holds_under_both_and_the_record_says_which(
    problem, choice, profile, loss, tmp_path
):
    result = construct(*problem, points=5, batch_norm=choice, profile=profile, loss=loss)
    assert result.certify(15).holds
    result.record().save(tmp_path / "r.npz")
    assert Record.load(tmp_path / "r.npz").routes[0].batch_norm == choice


def test_the_two_differ(problem):
    one, other = (
        Forward(*problem, batch_norm=choice).along([0.5]).value(1.0)
        for choice in ("interpolate", "recompute")
    )
    assert abs(one / other - 1) > 0.01


def test_the_choice_has_to_be_made(problem):
    with pytest.raises(
        InputError, match=r"batch_norm='interpolate' or 'recompute'; found none, .*1"
    ):
        Forward(*problem)
    with pytest.raises(InputError, match=r"among 'interpolate', 'recompute'; found 'keep'"):
        Forward(*problem, batch_norm="keep")


def test_without_running_statistics_there_is_nothing_to_choose():
    model = network(track=False)
    state = copied(model)
    assert normalising_layers(model) == []
    assert Forward(model, Line(state, scale_head(state, "4", 0.1)), (X, Y)).batch_norm is None


def test_recomputing_what_no_layer_keeps_is_the_same_as_not():
    model = nn.Sequential(nn.Linear(4, 3)).double()
    path = Line(copied(model), scale_head(copied(model), "0", 0.1))
    one, other = (Forward(model, path, (X, Y), batch_norm=b) for b in (None, "recompute"))
    assert moments(one, 0.4) == moments(other, 0.4)


def test_statistics_do_not_depend_on_the_memory_or_on_the_batches_of_a_loader(problem):
    model, path, data = problem
    wanted = Forward(*problem, batch_norm="recompute").path(0.4)
    loader = DataLoader(TensorDataset(*data), batch_size=32)
    for other, memory in ((data, 10**6), (loader, 10**6), (loader, 30_000)):
        forward = Forward(model, path, other, batch_norm="recompute", memory=memory)
        assert forward.data.streams == (memory == 30_000)
        if memory == 30_000:  # too little for a whole batch
            assert forward.data.tile < batch_norm.BATCH
            continue
        assert all(torch.equal(wanted[name], x) for name, x in forward.path(0.4).items())


def test_instance_norm_that_keeps_statistics_is_treated_alike():
    torch.manual_seed(0)
    layers = [nn.Conv1d(1, 4, 3), nn.InstanceNorm1d(4, affine=True, track_running_stats=True)]
    model = nn.Sequential(*layers, nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)).double()
    tiles = [(part[:, None, :], None) for part in X.split(100)]
    found = recomputed(lambda lam: copied(model), model, tiles)(0.0)
    each = torch.cat([model[0](x).detach() for x, _ in tiles])
    torch.testing.assert_close(found["1.running_mean"], each.mean(2).mean(0))
    torch.testing.assert_close(found["1.running_var"], each.var(2).mean(0))


def test_a_layer_that_waits_for_other_ranks_is_refused_among_several(monkeypatch):
    monkeypatch.setattr(batch_norm, "distributed", lambda: True)
    model = nn.Sequential(nn.SyncBatchNorm(4), nn.Linear(4, 3))
    batch_norm.require_choice(model, "interpolate")
    with pytest.raises(InputError, match=r"own batches .*; found SyncBatchNorm, as '0'\. Use"):
        batch_norm.require_choice(model, "recompute")


def test_the_users_statistics_and_counters_stay(problem):
    model, path, data = problem
    before = [copied(model), *({n: x.clone() for n, x in s.items()} for s in path.states)]
    construct(model, path, data, points=3, batch_norm="recompute").certify(7)
    for state, old in zip((model.state_dict(), *path.states), before, strict=True):
        assert all(torch.equal(state[name], value) for name, value in old.items())
    assert np.all([m.training for m in model.modules()])


class Twice(nn.Module):
    """One layer normalises two others."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.norm = nn.BatchNorm1d(6)

    def forward(self, x):
        return self.head(self.norm(self.second(self.norm(self.first(x)).relu())).relu())


def test_a_layer_that_is_called_twice_averages_both_calls_as_pytorch_does():
    model = Twice().double().eval()
    tiles, state = X.split(100), copied(model)
    found = recomputed(lambda _: state, model, [(one, Y) for one in tiles])(0.0)
    update_bn(tiles, model)
    for name, value in model.state_dict().items():
        if "running" in name:
            assert found[name].tolist() == pytest.approx(value.tolist(), rel=1e-12)
