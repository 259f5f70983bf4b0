"""Weights and models that do not fit are refused with what to do."""

import pytest
import torch
from torch import nn

from construction import Line, construct, mlp
from construction.errors import InputError
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
