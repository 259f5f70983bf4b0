"""Many networks at once have the conditions and scales that each has alone."""

import pytest
import torch
from torch import nn

from construction import Line, construct, construct_many, mlp
from construction.errors import ConditionError, InputError, WeightsError
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
        (1.0, 1, InputError, "at least 2 points, one a vertex; found 1"),
    ],
)
def test_what_cannot_be_used_is_refused(largest, points, kind, message):
    weight = torch.tensor([1.0, largest, 1.0], dtype=torch.float64).reshape(3, 1, 1)
    weights = {"weight": weight, "bias": torch.zeros(3, 1).double()}
    data = torch.full((3, 1), 20.0).double(), torch.ones(3, 1).double()
    with pytest.raises(kind, match=message):
        construct_many(nn.Linear(1, 1).double(), weights, weights, data, points=points)
