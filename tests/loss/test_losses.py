import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from construction.errors import InputError
from construction.loss.catalogue import LOSSES, as_loss
from construction.loss.classification import CrossEntropy
from construction.loss.loss import Elementwise
from construction.loss.regression import Huber, Pinball, Squared
from construction.loss.targets import real_targets, require_real
from construction.theorem.construct import construct

from ..problems import trained


def squared_moments(outputs, targets):
    """At one lambda."""
    return Squared().moments(outputs[None], targets)[0]


def test_class_indices_become_one_hot_rows_of_the_outputs_type():
    found = real_targets(torch.tensor([2, 0], dtype=torch.uint8), torch.zeros(2, 3).double())
    assert found.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert found.dtype == torch.float64


@pytest.mark.parametrize("shape", [(4, 3), (4,), (4, 3, 2)])
def test_real_targets_of_the_outputs_shape_stay_what_they_are(shape):
    targets = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    found = real_targets(targets, torch.zeros(shape))
    assert torch.equal(found, targets.double().reshape(4, -1))


@pytest.mark.parametrize("indices", [[0, 3], [-1, 0]])
def test_class_indices_outside_the_outputs_are_refused(indices):
    match = rf"class indices from 0 to 2.*from {min(indices)} to {max(indices)}.*one output a class"
    with pytest.raises(InputError, match=match):
        require_real(torch.tensor(indices), torch.zeros(2, 3))


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        (torch.zeros(4), r"\(4,\) of torch.float32"),
        (torch.zeros(4, 2), r"\(4, 2\) of torch.float32"),
        (torch.zeros(4, 1, dtype=torch.int64), r"\(4, 1\) of torch.int64"),
    ],
)
def test_targets_that_would_broadcast_are_refused(targets, found):
    match = rf"integer classes, or real .* shape \(4, 3\); found {found}\. Bring the targets"
    with pytest.raises(InputError, match=match):
        real_targets(targets, torch.zeros(4, 3))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_targets_that_are_not_finite_are_refused(bad):
    with pytest.raises(InputError, match=r"finite targets; found NaN.*Remove those samples"):
        require_real(torch.tensor([[1.0, bad]]), torch.zeros(1, 2))


def test_an_unknown_loss_is_refused_with_the_names_there_are():
    with pytest.raises(
        InputError, match=r"among 'squared', .*'poisson'.*; found 'hing'\. Did you mean 'hinge'\?"
    ):
        as_loss("hing")


def test_every_named_loss_is_accepted():
    assert [as_loss(name).name for name in LOSSES] == list(LOSSES)


@given(st.integers(1, 30), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_moments_are_the_sums_that_numpy_finds_and_add_up_over_tiles(samples, outputs, seed):
    rng = np.random.default_rng(seed)
    n, y = rng.normal(size=(2, samples, outputs))
    found = squared_moments(torch.from_numpy(n), torch.from_numpy(y))
    np.testing.assert_allclose(
        found, [(n * n).sum(), (n * y).sum(), (y * y).sum()], rtol=1e-12, atol=1e-13
    )
    cut = samples // 2
    parts = [
        squared_moments(torch.from_numpy(n[k]), torch.from_numpy(y[k]))
        for k in (slice(cut), slice(cut, None))
    ]
    np.testing.assert_allclose(parts[0] + parts[1], found, rtol=1e-12, atol=1e-13)


def test_moments_of_float32_are_summed_in_float64(device):
    outputs = torch.full((1, 3), 1 + 2.0**-20, device=device)
    found = squared_moments(outputs, torch.ones(1, 3, device=device))
    assert found.dtype == torch.float64
    assert found[0].item() == 3 * (1 + 2.0**-20) ** 2  # needs 41 bits


def test_moments_give_the_squared_loss_at_every_scale():
    generator = torch.Generator().manual_seed(1)
    n, y = torch.randn(2, 7, 3, generator=generator, dtype=torch.float64)
    a, b, d = squared_moments(n, y)
    for c in (0.0, 0.5, 3.0):
        wanted = torch.nn.functional.mse_loss(c * n, y, reduction="sum")
        assert float(a * c * c - 2 * b * c + d) == pytest.approx(float(wanted), rel=1e-13)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CrossEntropy(1.0), r"smoothing in \[0, 1\); found 1\.0\. 0\.1 is the usual"),
        (lambda: CrossEntropy(-0.1), r"smoothing in \[0, 1\); found -0\.1"),
        (
            lambda: CrossEntropy(weight=2.0),
            r"above 0, \(classes,\); found 2\.0\. Give each class one;",
        ),
        (
            lambda: CrossEntropy(weight=[]),
            r"above 0, \(classes,\); found \[\]\. Give each class one;",
        ),
        (lambda: CrossEntropy(weight=[1, 0]), r"above 0, \(classes,\); found \[1\.0, 0\.0\]"),
        (
            lambda: CrossEntropy(axis=1.5),
            r"axis as an int64; found 1\.5\. Give a whole",
        ),
        (lambda: Huber(0.0), r"delta above 0; found 0\.0\. 1\.0 is the usual"),
        (lambda: Huber(float("nan")), "delta above 0; found nan"),
        (lambda: Pinball(1.0), r"a quantile in \(0, 1\); found 1\.0\. 0\.5 is the median"),
    ],
)
def test_parameters_out_of_range_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("loss", "raw", "message"),
    [
        (
            "binary_cross_entropy",
            [[0.2], [1.5]],
            r"\[0, 1\] for binary_cross_entropy; found values from 0\.2 to 1\.5\. Give one prob",
        ),
        ("hinge", [0.5, 1.0], r"0 and 1, or -1 and 1; found values from 0\.5 to 1\. The hinge"),
        ("hinge", [2.0, 1.0], r"0 and 1, or -1 and 1; found values from 1 to 2\."),
        (
            "poisson",
            [[1.0], [-2.0]],
            r"\[0, inf\] for poisson; found values from -2 to 1\. Give",
        ),
        ("cross_entropy", [0, 1], r"indices from 0 to 0, one an output; found indices from 0 to 1"),
        (
            "cross_entropy",
            [0.0, 1.0],
            r"\(samples,\) and outputs \(samples, classes\); or .* found targets of shape "
            r"\(2,\) of torch\.float32 and outputs of shape \(2, 1\)\. Pass labels as integers",
        ),
        ("absolute", [[float("nan")], [0.0]], "finite targets; found NaN"),
    ],
)
def test_targets_that_a_loss_cannot_take_are_refused(loss, raw, message):
    with pytest.raises(InputError, match=message):
        as_loss(loss).targets(torch.tensor(raw), torch.zeros(2, 1))


@pytest.mark.parametrize("raw", [[0, 1, 1], [-1.0, 1.0, 1.0], [[0.0], [1.0], [1.0]]])
def test_the_hinge_takes_classes_and_signs(raw):
    found = as_loss("hinge").targets(torch.tensor(raw), torch.zeros(3, 1))
    assert found.tolist() == [[-1], [1], [1]]


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "poisson"])
def test_integers_for_a_single_output_are_a_column(loss):
    found = as_loss(loss).targets(torch.tensor([0, 1, 1]), torch.zeros(3, 1))
    assert found.tolist() == [[0], [1], [1]]


def test_a_loss_and_a_function_are_taken_as_they_are():
    mine = Huber(0.3)
    assert as_loss(mine) is mine
    named = as_loss(torch.nn.functional.gaussian_nll_loss)
    assert named.name == "gaussian_nll_loss"
    with pytest.raises(InputError, match=r"a Loss, a function .*; found 3\. Use one"):
        as_loss(3)


# --- one more loss -------------------------------------------------------------------------------


class Hyperbolic(Elementwise):
    """``sqrt(1 + (p - y)^2) - 1``."""

    name = "hyperbolic"

    def phi(self, p, y):
        return torch.hypot(p - y, torch.ones_like(p)) - 1

    def derivatives(self, p, y, direction):
        root = self.phi(p, y) + 1
        return (p - y) / root, root**-3

    def grows(self, p, y):
        return p.abs()


@pytest.mark.parametrize("profile", ["paper", "valley"])
def test_a_loss_is_added_by_a_class_and_its_name(profile, monkeypatch):
    monkeypatch.setitem(LOSSES, "hyperbolic", Hyperbolic)
    model, path, data = trained()
    path = construct(model, path, data, loss="hyperbolic", profile=profile, points=21)
    with torch.no_grad():
        outputs = torch.func.functional_call(model, path.weights(0.5), (data[0],))
    wanted = (((outputs - data[1]).square() + 1).sqrt() - 1).sum(1).mean()
    assert path.at(0.5).objective == pytest.approx(float(wanted), rel=1e-12)
    assert (np.diff(path.objective) < 0).all()
    with pytest.raises(AssertionError, match="the loss hyperbolic is written out for the judge"):
        path.certify(31)  # which takes no loss at its own word
