"""Weights and models that do not fit are refused with what to do."""

import pytest
import torch
from torch import nn

from construction import Line, construct, mlp
from construction.errors import InputError, WeightsError
from construction.forward.user_model import check_fits

from ..problems import copied

X, Y = torch.randn(12, 4, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod."])
def test_weights_of_a_wrapped_model_are_refused_with_the_way_to_unwrap_them(prefix):
    model = mlp((4, 6, 3))
    wrapped = {prefix + name: x for name, x in copied(model).items()}
    with pytest.raises(WeightsError, match=rf"taken from a wrapped model: .* cut '{prefix}' from"):
        check_fits(model, wrapped)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
def test_a_scripted_model_is_refused_by_name():
    model = torch.jit.script(mlp((4, 6, 3)))
    start = model.state_dict()
    data = torch.ones(2, 4), torch.zeros(2, dtype=torch.long)
    with pytest.raises(InputError, match=r"the model itself; found a ScriptModule, .* uncompiled"):
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
        check_fits(model, {})


def test_other_shapes_and_names_are_refused_with_the_first():
    model = mlp((4, 6, 3))
    other = copied(mlp((4, 7, 3)))
    with pytest.raises(WeightsError, match=r"3 entries .*, the first '1\.weight'\. Pass the arch"):
        check_fits(model, other)
    with pytest.raises(WeightsError, match=r"1 entries .*, the first 'extra'\."):
        check_fits(model, copied(model) | {"extra": torch.ones(1)})
