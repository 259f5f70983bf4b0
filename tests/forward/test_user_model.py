"""Weights and models that do not fit are refused with what to do."""

import pytest
import torch
from torch import nn

from construction import Line, assess, construct, construct_many, mlp, surface
from construction.errors import InputError, WeightsError
from construction.forward.user_model import fitted_path

from ..problems import copied

X, Y = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_scripted_model_is_refused_by_name():
    model = torch.jit.script(mlp((4, 6, 3)))
    start = model.state_dict()
    data = torch.ones(2, 4), torch.zeros(2, dtype=torch.long)
    with pytest.raises(
        InputError, match=r"found TorchScript, \w+, whose are fixed\. Build the nn\.Mod"
    ):
        construct(model, Line(start, start), data, points=3)


def test_a_model_wrapped_for_several_gpus_is_refused():
    model = nn.DataParallel(mlp((4, 6, 3)))
    with pytest.raises(
        InputError, match=r"the model itself; found DataParallel\. Pass model\.module"
    ):
        construct(model, Line(copied(model), copied(model)), (X, Y))


def test_a_model_that_waits_for_its_first_input_is_refused():
    model = nn.Sequential(nn.LazyLinear(6), nn.ReLU(), nn.Linear(6, 3))
    with pytest.raises(InputError, match=r"2 that wait .*, the first '0\.weight'\. Run it once"):
        fitted_path(model, lambda _: {})


class Shared(nn.Module):
    """Two layers of one weight."""

    def __init__(self):
        super().__init__()
        self.first, self.second = (nn.Linear(4, 4, bias=False) for _ in range(2))
        self.second.weight, self.head = self.first.weight, nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.second(self.first(x).tanh()).tanh())


def test_other_values_in_entries_that_are_tied_are_refused():
    model = Shared()
    same = copied(model)
    torn = {**same, "second.weight": same["second.weight"] + 1}
    words = r"same values in .*ties; found others in 'first\.weight' than in 'second\.weight'"
    options = {"points": 3, "loss": "cross_entropy"}

    def apart(lam):
        return {**same, "second.weight": same["second.weight"] + lam}

    for path in (Line(torn, same), Line(same, torn), apart):
        with pytest.raises(WeightsError, match=words):
            assess(model, path, (X, Y), **options)
    with pytest.raises(WeightsError, match=words):
        surface(model, torn, (X, Y), points=3)
    stacked = [{k: torch.stack([same[k], one[k]]) for k in same} for one in (same, torn)]
    with pytest.raises(WeightsError, match=words):
        construct_many(model, *stacked, (X, Y))
    once = {name: value for name, value in same.items() if name != "second.weight"}
    found = [assess(model, Line(one, one), (X, Y), **options) for one in (same, once)]
    assert found[0].condition_2.value == found[1].condition_2.value
