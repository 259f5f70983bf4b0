"""Steps that fit, and those that are refused before anything is computed."""

import numpy as np
import pytest

from construction.recheck.archive import UnreadableError, number, whole
from construction.recheck.layers import SAMPLES, read_steps


def entry(kind, *reads, name="", bias=False, **options):
    return {"kind": kind, "reads": list(reads), "name": name, "bias": bias, "options": options}


FIRST = entry("input")
CONVOLUTION = {"stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": 1}
POOL = {"kernel_size": 2, "stride": 2, "padding": 0}
ENTRIES = {"a.weight": (4, 2, 3, 3), "a.bias": (4,), "b.weight": (3, 64), "b.bias": (3,)}
IMAGES = np.zeros((5, 2, 6, 6))


def shapes(*steps, inputs=IMAGES):
    return [step.shape for step in read_steps([FIRST, *steps], inputs, ENTRIES)[0]]


def test_shapes_are_those_of_the_layers():
    steps = [
        entry("convolution", 0, name="a", bias=True, **CONVOLUTION),
        entry("leaky_relu", 1, negative_slope=0.1),
        entry("add", 1, 2),
        entry("max_pool", 3, **POOL),
        entry("average", 4),
        entry("padded_shortcut", 3, channels=6, stride=3),
        entry("flatten", 3),
        entry("linear", 7, name="b", bias=True),
    ]
    wanted = [(2, 6, 6), *[(4, 4, 4)] * 3, (4, 2, 2), (4, 1, 1), (6, 2, 2), (64,), (3,)]
    assert shapes(*steps) == wanted


@pytest.mark.parametrize(
    ("dilation", "stride", "padding", "wanted"),
    [
        ((1, 1), (1, 1), (1, 0), (6, 4)),
        ((2, 1), (1, 2), (0, 0), (2, 2)),
        ((2, 2), (3, 3), (2, 2), (2, 2)),
    ],
)
def test_windows_move_as_pytorch_moves_them(dilation, stride, padding, wanted):
    from torch import nn, zeros

    layer = nn.Conv2d(2, 4, 3, stride, padding, dilation)
    options = {"stride": list(stride), "padding": list(padding), "dilation": list(dilation)}
    step = entry("convolution", 0, name="a", **options, groups=1)
    steps = [step, entry("flatten", 1)]
    assert shapes(*steps)[1][1:] == wanted == tuple(layer(zeros(1, 2, 6, 6)).shape[2:])


REFUSED = {
    "which this program does not know": entry("softmax", 0),
    "of 2, which": entry("relu", 0, 0),
    "that reads what is not there": entry("relu", 1),
    "no 'kind' where there should be one": {},
    "without the entry 'c.weight'": entry("linear", 0, name="c"),
    "on (2, 6, 6)": entry("linear", 0, name="b"),
    "on (2, 6, 6), 2 groups": entry("convolution", 0, name="a", **(CONVOLUTION | {"groups": 2})),
    "0 for 'groups'": entry("convolution", 0, name="a", **(CONVOLUTION | {"groups": 0})),
    "for 'stride'": entry("convolution", 0, name="a", **(CONVOLUTION | {"stride": [0, 1]})),
    "larger than": entry("convolution", 0, name="a", **(CONVOLUTION | {"dilation": 9})),
    "a whole number that is none": entry("max_pool", 0, **(POOL | {"stride": ""})),
    "no 'negative_slope' where": entry("leaky_relu", 0),
    "in place of a number": entry("leaky_relu", 0, negative_slope=None),
    "not from 0 to 1": entry("leaky_relu", 0, negative_slope=-0.5),
    "more padding than half a window": entry("max_pool", 0, **(POOL | {"padding": 2})),
    "a shortcut to 1 channels from 2": entry("padded_shortcut", 0, channels=1, stride=1),
    "no row of numbers": entry("relu", 0),
    "activations a sample": entry("padded_shortcut", 0, channels=10**9, stride=1),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_a_step_that_does_not_fit(reason):
    with pytest.raises(UnreadableError) as refused:
        shapes(REFUSED[reason])
    assert reason in str(refused.value)


def test_what_is_no_image_and_sums_that_do_not_fit():
    for steps, reason in (
        ([entry("flatten", 0), entry("average", 1)], "no channels of pixels"),
        ([entry("flatten", 0), entry("add", 0, 1)], "a sum of the shapes"),
        ([entry("flatten", 0), entry("convolution", 1, name="a", **CONVOLUTION)], "on (72,)"),
    ):
        with pytest.raises(UnreadableError, match=reason.replace("(", r"\(").replace(")", r"\)")):
            shapes(*steps)
    with pytest.raises(UnreadableError, match="no row of numbers"):
        read_steps([], IMAGES, ENTRIES)


def test_large_networks_are_bounded_on_fewer_samples():
    wide = np.zeros((3, 100_000))
    assert read_steps([FIRST], np.zeros((3, 4)), {})[1] == SAMPLES
    assert 1 <= read_steps([FIRST], wide, {})[1] < SAMPLES


def test_numbers_of_json():
    assert (number(2), number(-0.5), whole(3)) == (2.0, -0.5, 3)
    for value in (True, "1", None, 10**400, float("inf"), float("nan")):
        with pytest.raises(UnreadableError):
            number(value)
    for value in (True, 1.0, "1", 2**53 + 1):
        with pytest.raises(UnreadableError):
            whole(value)
