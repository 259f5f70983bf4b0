"""Targets that are refused, or of which more has to be said, and how types of labels are read."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import CrossEntropy, Line, assess
from construction.check import weight_of
from construction.errors import InputError
from construction.forward.store import sheet_of
from construction.loss.catalogue import as_loss
from construction.loss.loss import Weighted

from ..problems import copied
from .dense_data import GAPS, PLAIN, REAL, SOFT, SPATIAL, C, N, W, entropy, labels, outputs, soft


def test_what_the_shapes_do_not_decide_is_asked_for():
    p = outputs(6, C, C)
    with pytest.raises(InputError, match=r"which axis of the outputs runs .*\(6, 4, 4\).*axis=-1"):
        sheet_of(CrossEntropy(), {0.0: p}, labels(6, C, ignored=0))
    y = labels(6, C, ignored=0)
    for axis in (1, -1):
        wanted = entropy(p if axis == 1 else p.movedim(-1, 1), y)
        found = sheet_of(CrossEntropy(axis=axis), {0.0: p}, y).value(1.0)[0]
        assert float(found) == pytest.approx(float(wanted), rel=1e-12)
    with pytest.raises(InputError, match=r"which axis of target probabilities runs .*\(7, 4, 5\)"):
        sheet_of(CrossEntropy(), {0.0: outputs(N, C, 5)}, SPATIAL)


@pytest.mark.parametrize("axis", [-4, -3, 0, 3, 7])
@pytest.mark.parametrize("raw", [labels(6, C), soft(6, C, C)], ids=["labels", "probabilities"])
def test_an_axis_that_is_none_of_the_classes_is_refused(axis, raw):
    words = (
        rf"^Expected axis=1 or axis=-1, .*; found axis={axis} for outputs of shape \(6, 4, 4\)\."
    )
    with pytest.raises(InputError, match=words):
        sheet_of(CrossEntropy(axis=axis), {0.0: outputs(6, C, C)}, raw)


@pytest.mark.parametrize(
    ("loss", "raw", "words"),
    [
        (CrossEntropy(), SOFT * 2, r"that sum to 1; found a least one of 0.* off by 1"),
        (CrossEntropy(), 4 * SOFT - 0.75, r"none negative, that sum to 1; found a least one of -0"),
        (CrossEntropy(), REAL, r"found targets of shape \(7, 3\) of torch.float64 and outputs"),
        (CrossEntropy(), labels(N, ignored=-1), r"found indices from -1 to \d.*ignore_index="),
        (lambda p, y: p.sum(1), Weighted(SOFT, W), "without weights for a function of your own"),
    ],
)
def test_targets_that_a_loss_cannot_take_are_told_why(loss, raw, words):
    with pytest.raises(InputError, match=words):
        sheet_of(as_loss(loss), {0.0: outputs(N, C)}, raw)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"missing": "drop"}, r"missing= among 'refuse', 'ignore'; found 'drop'"),
        (
            {"missing": "ignore", "loss": "cross_entropy"},
            r"some may be missing; found cross_entropy",
        ),
        ({"weights": torch.ones(3)}, r"weights of the samples, \(7,\); found \(3,\)"),
        ({"weights": -torch.ones(N)}, r"weights of at least 0; found -1"),
        ({"weights": torch.zeros(N)}, r"targets that count; found none"),
        ({}, r"finite targets; found NaN or infinite ones.*missing='ignore'"),
    ],
)
def test_what_is_said_of_targets_is_refused_where_it_cannot_be(options, words):
    model = nn.Linear(2, 3).double()
    raw = GAPS if not options or "missing" in options else REAL
    line = Line(copied(model), copied(model))
    with pytest.raises(InputError, match=words):
        assess(model, line, (outputs(N, 2), raw), points=3, **options)


@pytest.mark.parametrize("bad", [[1.0, 0.0], [1.0, -2.0], [1.0, float("inf")]])
def test_class_weights_are_above_zero(bad):
    with pytest.raises(InputError, match=r"class weights above 0"):
        CrossEntropy(weight=bad)


@pytest.mark.parametrize("raw", [PLAIN[:, 0], torch.full((N, C), 1 / C)])
def test_class_weights_are_as_many_as_the_classes(raw):
    loss = CrossEntropy(weight=[1.0] * (C - 1))
    with pytest.raises(
        InputError, match=rf"a class, \({C},\); found weights of shape \({C - 1},\)"
    ):
        loss.targets(raw, outputs(N, C))


def test_labels_in_unsigned_types_are_read():
    model = nn.Linear(2, C).double()
    line = Line(copied(model), {name: 2 * x for name, x in copied(model).items()})
    x, y = outputs(N, 2).numpy(), PLAIN[:, 0].numpy()
    wanted = assess(model, line, (x, y), loss="cross_entropy", points=3).condition_2.value
    for kind in (np.uint8, np.uint16, np.uint32, np.uint64):
        found = assess(model, line, (x, y.astype(kind)), loss="cross_entropy", points=3)
        assert found.condition_2.value == wanted


def test_a_class_that_wraps_to_the_ignored_label_in_its_own_type_counts():
    raw, loss = torch.tensor([156, 3], dtype=torch.uint8), CrossEntropy()  # 156 - 256 is -100
    assert float(weight_of(loss, outputs(2, 200), raw)) == 2
    assert loss.weigh(raw).tolist() == [2, 1]
