"""Many networks at once have the conditions and scales that each has alone."""

import pytest
import torch
from scipy.optimize import brentq
from torch import nn

from construction import Line, assess, construct, construct_many, mlp
from construction.answers import UNDECIDED
from construction.errors import ConditionError, HeadError, InputError, WeightsError
from construction.network.heads import scale_head

SAMPLES, POINTS = 40, 5
X = torch.randn(SAMPLES, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y = torch.arange(SAMPLES) % 3
MODELS = [mlp((4, 6, 3), seed=seed).double() for seed in range(5)]


def ends(loss):
    """Of each network: from a large head to a small one; the last starts with a small one too."""
    found = []
    for k, model in enumerate(MODELS):
        state = model.state_dict()
        other = {name: value + 0.1 * torch.sin(value * 9) for name, value in state.items()}
        first = scale_head(state, "3", 9.0 if k < 4 else 1e-3)
        found.append((first, scale_head(other, "3", 0.02 if k < 4 else 2e-3)))
    return found


@pytest.mark.parametrize("loss", ["squared", "cross_entropy", "huber"])
def test_conditions_and_scales_are_those_of_each_alone(loss, device):
    y = Y if loss == "cross_entropy" else torch.nn.functional.one_hot(Y, 3).double()
    initial, final = (
        {name: torch.stack([one[name] for one in side]).to(device) for name in side[0]}
        for side in zip(*ends(loss), strict=True)
    )
    data = X.to(device), y.to(device)
    options = {"loss": loss, "points": POINTS}
    many = construct_many(MODELS[0], initial, final, data, together=2, **options)
    assert many.applies.tolist() == [True] * 4 + [False]
    assert (many.head, str(many.scale.device.type)) == ("3", device)
    assert many.scale.isnan().sum(0).tolist() == [0] * 4 + [POINTS]
    for k, (first, last) in enumerate(ends(loss)):
        if k == 4:
            with pytest.raises(ConditionError):
                construct(MODELS[k], Line(first, last), (X, y), **options)
            continue
        alone = construct(MODELS[k], Line(first, last), (X, y), **options)
        pairs = [(many.lam, alone.lam), (many.scale[:, k], alone.scale)]
        pairs += [(many.target[:, k], alone.target)]
        pairs += [(many.zero[None], [alone.zero_objective])]
        pairs += [(many.initial[k, None], [alone.initial_objective])]
        pairs += [(many.final[k, None], [alone.final_objective])]
        for one, wanted in pairs:
            assert one.tolist() == pytest.approx(list(wanted), rel=1e-12)


@pytest.mark.parametrize(
    ("largest", "points", "kind", "message"),
    [
        (torch.inf, 3, WeightsError, "NaN or infinite"),
        (
            1e308,
            3,
            WeightsError,
            "every network; found NaN or infinite ones of network 1",
        ),
        (1.0, 1, InputError, "at least 2 points; found 1"),
        (1.0, 5.5, InputError, r"a whole number of points; found 5\.5"),
    ],
)
def test_what_cannot_be_used_is_refused(largest, points, kind, message):
    weight = torch.tensor([1.0, largest, 1.0], dtype=torch.float64).reshape(3, 1, 1)
    weights = {"weight": weight, "bias": torch.zeros(3, 1).double()}
    data = torch.full((3, 1), 20.0).double(), torch.ones(3, 1).double()
    with pytest.raises(kind, match=message):
        construct_many(nn.Linear(1, 1).double(), weights, weights, data, points=points)


def stacked(*models: nn.Module) -> tuple[dict, dict]:
    """Their weights with three times themselves as the start, and a tenth as the end."""
    state = {
        name: torch.stack([one.state_dict()[name] for one in models])
        for name in models[0].state_dict()
    }
    return {k: 3 * v for k, v in state.items()}, {k: v / 10 for k, v in state.items()}


class Gate(nn.Linear):
    """Rescales by its weight, unless that gate is set: then the outputs are bent."""

    def __init__(self, gate: float) -> None:
        super().__init__(4, 3)
        self.register_buffer("gate", torch.tensor(gate).double())
        self.double()

    def forward(self, x):
        y = super().forward(x)
        return y + self.gate * y.tanh()


class Writes(nn.Linear):
    def forward(self, x):
        return super().forward(x.relu_())


class Decides(nn.Linear):
    def forward(self, x):
        y = super().forward(x)
        return y if y.sum() > 1e9 else -y


class Drops(nn.Linear):
    def forward(self, x):
        return super().forward(nn.functional.dropout(x, 0.5, training=True))


def test_the_head_of_every_network_is_verified():
    straight = stacked(Gate(0.0), Gate(0.0))
    bent = [{**end, "gate": torch.tensor([0.0, 1.0]).double()} for end in straight]
    assert construct_many(Gate(0.0), *straight, (X, Y), points=2).applies.any()
    with pytest.raises(HeadError, match=r"when the layer '' is multiplied by 0.5"):
        construct_many(Gate(0.0), *bent, (X, Y), points=2)


def test_a_model_that_writes_into_its_inputs_changes_nothing():
    model, before = Writes(4, 3).double(), X.clone()
    many = construct_many(model, *stacked(model), (before, Y), points=3)
    assert torch.equal(before, X)
    clamped = construct_many(nn.Linear(4, 3).double(), *stacked(model), (X.relu(), Y), points=3)
    assert torch.equal(many.scale, clamped.scale)


def test_weights_that_the_model_lacks_or_has_besides_are_refused():
    ends = stacked(*MODELS)
    some = [{k: v for k, v in end.items() if k != "1.weight"} for end in ends]
    with pytest.raises(WeightsError, match=r"1 missing: '1.weight'"):
        construct_many(MODELS[0], *some, (X, Y))
    more = [{**end, "other": end["3.bias"]} for end in ends]
    with pytest.raises(WeightsError, match="1 unknown: 'other'"):
        construct_many(MODELS[0], *more, (X, Y))
    few = [{**end, "3.bias": end["3.bias"][:2]} for end in ends]
    with pytest.raises(WeightsError, match=r"as many in each entry .* 5 of '3.weight', 2 of '3.b"):
        construct_many(MODELS[0], *few, (X, Y))
    none = [{k: v[:0] for k, v in end.items()} for end in ends]
    with pytest.raises(WeightsError, match=r"at least one; found 0 of '3.bias'"):
        construct_many(MODELS[0], *none, (X, Y))


@pytest.mark.parametrize(
    ("model", "data", "options", "message"),
    [
        (MODELS[0], (X, Y), {"together": 0}, "at least 1 network; found 0. 64 is"),
        (MODELS[0], [(X, Y)], {}, "a pair .* of tensors; found list. Put batches together"),
        (MODELS[0], (X[:0], Y[:0]), {}, "as many targets as inputs, at least one"),
        (MODELS[0], (X, Y), {"loss": lambda p, _: -p.square().sum(1)}, "convex in the prediction"),
        (Decides(4, 3).double(), (X, Y), {}, "that torch.func.vmap runs; found RuntimeError"),
        (Drops(4, 3).double(), (X, Y), {}, "the same outputs each time"),
    ],
)
def test_one_message_says_what_cannot_be_used(model, data, options, message):
    with pytest.raises(InputError, match=message):
        construct_many(model, *stacked(model, model), data, points=2, **options)


def test_arrays_are_taken_as_tensors():
    ends = stacked(*MODELS)
    one, other = (construct_many(MODELS[0], *ends, x, points=2) for x in ((X, Y), (X.numpy(), Y)))
    assert torch.equal(one.initial, other.initial)


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_where_no_network_has_a_path_all_scales_are_missing(loss):
    many = construct_many(MODELS[0], *stacked(*MODELS)[::-1], (X, Y), loss=loss, points=3)
    assert not many.applies.any()
    assert many.scale.isnan().all()


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_in_float32_what_applies_is_what_each_alone_knows_by_more_than_rounding(loss):
    """Heads are scaled so that L(W(0)) is nearer and nearer to L(0), from above."""
    model, x = mlp((4, 8, 3), seed=3), X.float()
    state, y = model.state_dict(), model(x).detach()
    if loss == "cross_entropy":
        y = (y.argmax(1) + (torch.arange(SAMPLES) < 8)) % 3  # eight wrong ones

    def excess(c):
        return assess(model, Line(scale_head(state, "3", c), state), (x, y), loss=loss, points=2,
                      dtype=torch.float64).condition_2.margin  # fmt: skip

    tie = brentq(excess, 0.5, 100)
    scales = [tie * (1 + 10.0**-k) for k in range(9)]
    lines = [(scale_head(state, "3", c), scale_head(state, "3", tie / 2)) for c in scales]
    initial, final = ({n: torch.stack([one[n] for one in side]) for n in state}
                      for side in zip(*lines, strict=True))  # fmt: skip
    many = construct_many(model, initial, final, (x, y), loss=loss, points=3)
    answers = [
        assess(model, Line(*line), (x, y), loss=loss, points=3).theorem_answer for line in lines
    ]
    assert many.applies.tolist() == [answer == "yes" for answer in answers]
    assert answers[0] == "yes"
    assert answers[-1] == UNDECIDED


class Centred(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.Linear(4, 6), nn.Linear(6, 3)
        self.register_buffer("centre", torch.zeros(4))

    def forward(self, x):
        return self.head(self.inner(x - self.centre).tanh())


def test_buffers_that_would_be_mixed_are_spoken_for_as_for_one():
    model = Centred().double()
    initial, final = stacked(model, model)
    shifted = {**final, "centre": final["centre"] + torch.tensor([[0.0], [1.0]])}
    with pytest.raises(InputError, match=r"buffers that are the same .* values of 'centre'"):
        construct_many(model, initial, shifted, (X, Y), points=3)
    prefixed = ({f"module.{k}": v for k, v in end.items()} for end in (initial, shifted))
    with pytest.raises(InputError, match=r"buffers that are the same .* values of 'centre'"):
        construct_many(model, *prefixed, (X, Y), points=3)


def test_running_statistics_are_interpolated_when_that_is_said():
    model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)).double()
    first = scale_head(model.state_dict(), "3", 9.0)
    last = scale_head({**first, "1.running_var": 3 * first["1.running_var"]}, "3", 0.01)
    ends = [{name: value[None] for name, value in one.items()} for one in (first, last)]
    with pytest.raises(InputError, match=r"found none, and 1 layers that keep them, the first '1'"):
        construct_many(model, *ends, (X, Y), points=POINTS)
    with pytest.raises(InputError, match=r"batch_norm='interpolate', as no .*found 'recompute'"):
        construct_many(model, *ends, (X, Y), batch_norm="recompute")
    many = construct_many(model, *ends, (X, Y), points=POINTS, batch_norm="interpolate")
    lam = float(many.lam[2])
    middle = {name: torch.lerp(first[name], last[name], lam) for name in first if first[name].ndim}
    with torch.no_grad():
        outputs = torch.func.functional_call(model.eval(), middle, (X,))
    wanted = nn.functional.one_hot(Y, 3).double()

    def excess(c):
        return float(((c * outputs - wanted) ** 2).sum(1).mean() - many.target[2])

    assert float(many.scale[2]) == pytest.approx(brentq(excess, 1, 1e6, rtol=1e-14), rel=1e-9)
