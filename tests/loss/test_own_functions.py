"""A user's function as a loss: the built-in of the same formula, orders in memory, overflow."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from construction.loss.catalogue import as_loss
from construction.loss.classification import CrossEntropy
from construction.loss.custom import Custom

from ..loss_data import along, data_for, ray_of

few = settings(max_examples=15)
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("cross_entropy", lambda p, y: functional.cross_entropy(p, y, reduction="none")),
        ("squared", lambda p, y: ((p - y) ** 2).sum(1)),
        ("huber", lambda p, y: functional.huber_loss(p, y, reduction="none").sum(1)),
        ("hinge", lambda p, y: (1 - y * p).clamp_min(0).sum(1)),
        (
            "poisson",
            lambda p, y: functional.poisson_nll_loss(p, y, reduction="none").sum(1),
        ),
    ],
)
@few
@given(seed=seeds, c=st.floats(-3, 1).map(lambda x: 10.0**x))
def test_a_users_loss_is_the_built_in_one_of_the_same_formula(name, function, seed, c):
    outputs, raw = data_for(name, seed)
    mine, theirs = as_loss(name), Custom(function)
    found, wanted = (along(loss, outputs, raw, c)[:3] for loss in (theirs, mine))
    assert found == pytest.approx(wanted, rel=1e-10, abs=1e-10)
    growths = [float(loss.growth(*ray_of(loss, outputs, raw))) for loss in (theirs, mine)]
    assert (growths[0] > 0) == (growths[1] > 0)
    if growths[1] < float("inf"):
        assert growths[0] == pytest.approx(growths[1], rel=1e-9)


def moved(predictions, targets):
    """Cross-entropy of language models, the classes last, as a user writes it."""
    return functional.cross_entropy(predictions.movedim(-1, 1), targets, reduction="none").mean(1)


def stubborn(predictions, targets):
    return predictions.view(-1, 4).shape[0] * 0 + moved(predictions, targets)


@pytest.mark.parametrize(("own", "steps"), [(moved, (20, 1, 5)), (stubborn, (20, 4, 1))])
def test_a_function_gets_its_predictions_in_the_order_of_its_gradient(own, steps):
    own_random = torch.Generator().manual_seed(0)
    outputs = torch.randn(6, 5, 4, generator=own_random)
    labels = torch.randint(4, (6, 5), generator=own_random)
    rays, _ = ray_of(Custom(own), outputs, labels)
    assert torch.equal(rays[0], outputs.double())
    assert rays[0].stride() == steps  # one that takes no other order keeps its own
    for c in (0.0, 0.7, 3.0):
        found, named = (along(one, outputs, labels, c) for one in (Custom(own), CrossEntropy()))
        assert found[:3] == pytest.approx([part / 5 for part in named[:3]], rel=1e-12)


def written_out(predictions, targets):
    """The softmax as in a book: from logits of 710 on there is no number."""
    exponentials = predictions.exp()
    return -(exponentials.gather(1, targets[:, None])[:, 0] / exponentials.sum(1)).log()


def logistic(predictions, targets):
    """Binary cross-entropy as in a book: infinite from logits of 710 on."""
    return ((1 + predictions.exp()).log() - targets * predictions).sum(1)


@pytest.mark.parametrize(
    ("function", "outputs", "raw", "growth", "limit"),
    [
        (logistic, [[4.0], [2.0]], [[1.0], [1.0]], 0.0, -2 * math.log(2)),
        (logistic, [[4.0], [0.0]], [[1.0], [1.0]], 0.0, -math.log(2)),
        (logistic, [[4.0], [0.5]], [[1.0], [0.0]], 0.5, math.inf),
        (logistic, [[4.0], [-0.5]], [[0.3], [1.0]], 0.7 * 4 + 0.5, math.inf),
        (written_out, [[4.0, 0.0], [2.0, 5.0]], [0, 1], 0.0, -2 * math.log(2)),
        (written_out, [[4.0, 0.0], [1.0, 1.0]], [0, 1], 0.0, -math.log(2)),
        (written_out, [[4.0, 0.0], [2.0, 5.0]], [0, 0], 3.0, math.inf),
        (
            lambda p, y: (p.exp() - y * p).sum(1),
            [[-2.0], [1.0]],
            [[1.0], [1.0]],
            math.inf,
            math.inf,
        ),
    ],
)
def test_a_users_loss_that_overflows_grows_as_it_did_before(function, outputs, raw, growth, limit):
    """Growths and limits worked out by hand: an overflow was infinite growth, or no number."""
    wanted = torch.tensor(raw, dtype=torch.int64 if function is written_out else torch.float64)
    ray = ray_of(Custom(function), torch.tensor(outputs, dtype=torch.float64), wanted)
    assert float(Custom(function).growth(*ray)) == pytest.approx(growth, rel=1e-9)
    if limit < math.inf:
        assert float(Custom(function).limit(*ray)) == pytest.approx(limit, rel=1e-9)
