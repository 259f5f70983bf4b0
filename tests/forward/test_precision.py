"""Devices and types are those that hold, and outputs are compared to their rounding."""

import pytest
import torch

from construction.errors import InputError, WeightsError
from construction.forward.precision import ROUNDINGS, device_and_dtype, equal_to_rounding


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_of_half_precision_run_in_single(dtype):
    state = {"w": torch.zeros(1, dtype=dtype)}
    assert device_and_dtype(state, None, None) == (torch.device("cpu"), torch.float32)
    with pytest.raises(
        InputError, match=r"float32 or torch\.float64; found torch\.\w+16\. Use one"
    ):
        device_and_dtype(state, None, dtype)


def test_weights_without_floating_point_are_refused():
    with pytest.raises(WeightsError, match="none of floating point"):
        device_and_dtype({"n": torch.zeros(1, dtype=torch.int64)}, None, None)


@pytest.mark.parametrize("device", ["nowhere", "mps", "cuda:99"])
def test_devices_that_are_not_there_or_know_no_float64_are_refused(device):
    with pytest.raises(InputError, match=rf"in float64, as {device} is not; found .*Use 'cpu'"):
        device_and_dtype({"w": torch.zeros(1)}, device, None)


EPS = torch.finfo(torch.float32).eps


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_outputs_are_equal_up_to_roundings_of_the_largest_of_them(size):
    outputs = size * torch.tensor([[1.0, -0.5, 0.0]])
    for off, equal in ((0.5, True), (2.0, False)):
        other = outputs + off * ROUNDINGS * EPS * size * torch.tensor([0.0, 0.0, 1.0])
        assert equal_to_rounding(outputs, other) == equal


def test_outputs_that_are_not_finite_equal_their_like_alone():
    nan, endless = (torch.tensor([1.0, float(x)]) for x in ("nan", "inf"))
    assert equal_to_rounding(nan, nan.clone())
    assert equal_to_rounding(endless, endless.clone())
    for outputs in (nan, endless):
        assert not equal_to_rounding(outputs, torch.ones(2))
        assert not equal_to_rounding(outputs, outputs + torch.tensor([0.1, 0.0]))


def test_outputs_of_other_shapes_and_kinds_differ():
    assert not equal_to_rounding(torch.ones(2, 1), torch.ones(2))
    assert not equal_to_rounding(torch.ones(2), (torch.ones(2),))
    assert equal_to_rounding((torch.ones(2),), (torch.zeros(2),))  # refused with the head
    assert not equal_to_rounding(torch.tensor([1, 2]), torch.tensor([1, 3]))
