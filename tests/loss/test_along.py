"""Every loss along rays, against PyTorch's own functions, differences of them, and limits."""

import math

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from construction.loss.catalogue import LOSSES, as_loss
from construction.loss.classification import CrossEntropy, Hinge
from construction.loss.regression import Absolute, Huber, Pinball

from ..loss_data import KINKED, REFERENCES, along, data_for, ray_of

few = settings(max_examples=15)
scales = st.floats(-6, 1.5).map(lambda x: 10.0**x)
seeds = st.integers(0, 2**32 - 1)
every_loss = pytest.mark.parametrize("name", LOSSES)


def right_derivative(value, c, step=1e-7):
    """Of second order, from values at c and to its right."""
    return (4 * value(c + step) - 3 * value(c) - value(c + 2 * step)) / (2 * step)


@every_loss
@few
@given(seed=seeds, c=scales)
def test_the_value_is_what_pytorch_or_the_definition_gives(name, seed, c):
    outputs, raw = data_for(name, seed)
    value, excess, _, _ = along(as_loss(name), outputs, raw, c)
    wanted = float(REFERENCES[name](c * outputs, raw))
    zero = float(REFERENCES[name](0 * outputs, raw))
    assert value == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert excess == pytest.approx(wanted - zero, rel=1e-11, abs=1e-12 * (1 + abs(zero)))


@every_loss
@few
@given(seed=seeds, c=st.floats(-2, 1).map(lambda x: 10.0**x))
def test_the_slope_is_the_derivative_from_the_right(name, seed, c):
    outputs, raw = data_for(name, seed)
    _, _, slope, curvature = along(as_loss(name), outputs, raw, c)

    def value(at):
        return float(REFERENCES[name](at * outputs, raw))

    size = 1 + abs(value(c)) + curvature
    assert slope == pytest.approx(right_derivative(value, c), abs=1e-6 * size)


@every_loss
@few
@given(seed=seeds, c=scales, other=scales)
def test_the_slope_is_that_of_a_tangent_below_the_loss(name, seed, c, other):
    outputs, raw = data_for(name, seed)
    loss = as_loss(name)
    value, _, slope, curvature = along(loss, outputs, raw, c)
    there = along(loss, outputs, raw, other)[0]
    tangent = value + slope * (other - c)
    assert there >= tangent - 1e-11 * (abs(value) + abs(slope) * (c + other))
    assert curvature >= -1e-12 * abs(value)


@every_loss
@few
@given(seed=seeds, c=st.floats(-2, 1).map(lambda x: 10.0**x))
def test_the_curvature_is_the_derivative_of_the_slope(name, seed, c):
    outputs, raw = data_for(name, seed)
    loss = as_loss(name)
    _, _, slope, curvature = along(loss, outputs, raw, c)
    if name in KINKED:
        assert curvature == 0
        return
    difference = right_derivative(lambda at: along(loss, outputs, raw, at)[2], c)
    assert curvature == pytest.approx(difference, abs=1e-5 * (1 + abs(slope) + curvature))


@every_loss
@few
@given(seed=seeds)
def test_the_growth_is_the_slope_at_infinity(name, seed):
    outputs, raw = data_for(name, seed)
    loss = as_loss(name)
    growth = float(loss.growth(*ray_of(loss, outputs, raw)))
    if name in ("squared", "poisson"):  # grow faster than any line, Poisson where an output is > 0
        assert growth == float("inf")
        assert along(loss, outputs, raw, 300.0)[2] > 300
    else:
        assert growth == pytest.approx(along(loss, outputs, raw, 1e9)[2], rel=1e-12)


def separated(name, seed):
    """Outputs at whose infinite multiple the loss is least, some of them zero."""
    outputs, raw = data_for(name, seed)
    if name == "label_smoothing":  # equal logits alone do not grow
        return outputs[:, :1].expand(outputs.shape).clone(), raw
    if name == "hinge":
        outputs = outputs.abs() * raw
    if name == "binary_cross_entropy":
        raw = (outputs > 0).double()
    if name == "poisson":
        outputs, raw = -outputs.abs(), torch.zeros_like(raw)
    if name == "cross_entropy":
        outputs[torch.arange(len(raw)), raw] = outputs.amax(1) + 0.1
    if name in ("squared", "absolute", "huber", "pinball"):
        outputs = torch.zeros_like(outputs)
    outputs[0] = 0  # a tie among all classes, or no sign
    return outputs, raw


@every_loss
@few
@given(seed=seeds)
def test_without_growth_the_limit_is_where_the_loss_tends(name, seed):
    outputs, raw = separated(name, seed)
    loss = as_loss(name)
    tile = ray_of(loss, outputs, raw)
    assert float(loss.growth(*tile)) == 0
    _, excess, slope, _ = along(loss, outputs, raw, 1e12)
    assert float(loss.limit(*tile)) == pytest.approx(excess, abs=1e-9)
    assert slope <= 0


@every_loss
@few
@given(seed=seeds, pushed=st.floats(1e-9, 1))
def test_a_right_branch_exists_exactly_if_some_sample_opposes(name, seed, pushed):
    outputs, raw = separated(name, seed)
    loss = as_loss(name)
    if name == "cross_entropy":
        outputs[1, (int(raw[1]) + 1) % 3] += outputs[1].amax() - outputs[1].amin() + pushed
    elif name == "hinge":
        outputs[1, 0] = -pushed * raw[1, 0]
    elif name == "binary_cross_entropy":
        outputs[1, 0] = pushed * (1 - 2 * raw[1, 0])
    else:
        outputs[1, 0] += pushed + outputs[1].abs().sum()
    growth = float(loss.growth(*ray_of(loss, outputs, raw)))
    assert growth > 0
    assert along(loss, outputs, raw, 1e12)[1] > 0


@every_loss
@few
@given(seed=seeds, c=scales)
def test_zero_and_offset_bound_the_loss_from_its_growth(name, seed, c):
    outputs, raw = data_for(name, seed)
    loss = as_loss(name)
    rays, targets = ray_of(loss, outputs, raw)
    assert float(loss.zero(rays[0], targets)) == pytest.approx(
        float(REFERENCES[name](0 * outputs, raw)), rel=1e-13
    )
    offset = loss.offset(targets)
    if name == "poisson":  # it is least at p = log y
        least = sum(y - y * math.log(y) for y in raw.double().flatten().tolist() if y > 0)
        assert float(offset) >= -least - 1e-9
        assert along(loss, outputs, raw, c)[0] >= -float(offset) - 1e-9
    elif name != "squared":  # its growth is infinite
        growth = float(loss.growth(rays, targets))
        value = along(loss, outputs, raw, c)[0]
        assert value >= c * growth - float(offset) - 1e-11 * (1 + c * growth)


# --- kinks, extremes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "output", "target", "c", "slope"),
    [
        (Absolute(), 2.0, 1.0, 0.5, 2.0),
        (Absolute(), -2.0, -1.0, 0.5, 2.0),
        (Absolute(), 2.0, 0.0, 0.0, 2.0),
        (Absolute(), 0.0, 0.0, 1.0, 0.0),
        (Pinball(0.9), 2.0, 1.0, 0.5, 0.2),
        (Pinball(0.9), -2.0, -1.0, 0.5, 1.8),
        (Pinball(0.9), 0.0, 0.0, 1.0, 0.0),
        (Hinge(), 2.0, 1.0, 0.5, 0.0),
        (Hinge(), -2.0, -1.0, 0.5, 0.0),
        (Hinge(), -2.0, 1.0, 0.5, 2.0),
        (Huber(1.0), 2.0, 0.0, 0.5, 2.0),
        (Huber(1.0), 4.0, 1.0, 0.25, 0.0),
    ],
)
def test_at_a_kink_the_slope_is_the_one_to_the_right(loss, output, target, c, slope):
    outputs, raw = torch.tensor([[output]]).double(), torch.tensor([[target]]).double()
    assert along(loss, outputs, raw, c)[2] == pytest.approx(slope)


def test_slopes_of_the_pinball_loss_are_the_quantile_in_float64():
    below, above = (
        along(Pinball(0.9), torch.tensor([[p]]), torch.zeros(1, 1), 1.0)[2] for p in (-1, 1)
    )
    assert (below, above) == (0.9, 1 - 0.9)


@every_loss
@pytest.mark.parametrize("c", [1e-200, 1e-8, 1e4, 1e200])
def test_huge_logits_and_scales_give_no_nan(name, c):
    outputs, raw = data_for(name, 0)
    loss = as_loss(name)
    value, excess, slope, curvature = along(loss, 1e4 * outputs, raw, c)
    overflows = name == "poisson" and c >= 1  # the loss itself is infinite
    if not overflows and not (name == "squared" and c > 1e100):
        assert all(abs(part) < float("inf") for part in (value, excess, slope, curvature))
    assert slope == slope or overflows


@given(seed=seeds, c=st.floats(-12, -1).map(lambda x: 10.0**x), wide=st.booleans())
@pytest.mark.parametrize("name", ["cross_entropy", "label_smoothing"])
def test_close_to_the_zero_predictor_cross_entropy_keeps_the_digits_of_its_excess(
    name, seed, c, wide
):
    outputs, labels = data_for(name, seed, samples=1, width=2 + 3 * wide)
    loss = as_loss(name)
    rays = ray_of(loss, outputs, labels)[0][0, :, 0].tolist()
    with mpmath.workdps(60):
        exact = mpmath.log(sum(mpmath.exp(mpmath.mpf(c) * mpmath.mpf(u)) for u in rays) / len(rays))
        rounding = 4e-16 * c * max(map(abs, rays))
        found = along(loss, outputs, labels, c)[1]
        assert abs(found - exact) <= rounding + 4e-16 * abs(exact)


@given(p=st.floats(-12, 0.5).map(lambda x: 10.0**x), sign=st.sampled_from([-1, 1]))
@pytest.mark.parametrize("name", ["binary_cross_entropy", "poisson"])
def test_close_to_the_zero_predictor_excesses_of_single_outputs_keep_their_digits(name, p, sign):
    outputs, y = torch.tensor([[sign * p]]).double(), 0.25
    with mpmath.workdps(60):
        z = mpmath.mpf(float(outputs))
        exact = {
            "binary_cross_entropy": mpmath.log((1 + mpmath.exp(z)) / 2) - y * z,
            "poisson": mpmath.exp(z) - 1 - y * z,
        }[name]
        found = along(as_loss(name), outputs, torch.tensor([[y]]).double(), 1.0)[1]
        assert abs(found - exact) <= 1e-15 * p


def test_smoothed_labels_of_equal_logits_are_a_constant_ray_whatever_the_rounding():
    outputs = torch.full((3, 10), 0.1).double() * torch.tensor([[1.0], [3.3], [-7.7]]).double()
    loss = CrossEntropy(0.1)
    rays, targets = ray_of(loss, outputs, torch.tensor([1, 2, 3]))
    assert torch.equal(rays, torch.zeros_like(rays))
    assert float(loss.growth(rays, targets)) == 0


def test_sums_over_tiles_add_up():
    for name in LOSSES:
        outputs, raw = data_for(name, 3, samples=9)
        loss = as_loss(name)
        whole = along(loss, outputs, raw, 0.7)
        parts = [along(loss, outputs[part], raw[part], 0.7) for part in (slice(4), slice(4, None))]
        assert [a + b for a, b in zip(*parts, strict=True)] == pytest.approx(whole, rel=1e-13)


@pytest.mark.parametrize("margin", [5.0, 17.87698647, 40.0, 300.0, 1e4])
@pytest.mark.parametrize("right", [0, 1])
def test_the_loss_of_sure_logits_is_known_to_a_unit_of_that_of_zero(margin, right):
    exact = float(mpmath.log1p(mpmath.exp(-mpmath.mpf(margin))))
    signed = margin if right else -margin
    pairs = {
        "binary_cross_entropy": ([[signed]], [[float(right)]]),
        "cross_entropy": ([[0.0, signed]], [right]),
    }
    for name, (outputs, raw) in pairs.items():
        logits = torch.tensor(outputs, dtype=torch.float64)
        value, excess, *_ = along(as_loss(name), logits, torch.tensor(raw), 1.0)
        assert value == pytest.approx(exact, rel=1e-14, abs=2e-16)
        assert excess == pytest.approx(exact - math.log(2), abs=3e-16)


@pytest.mark.parametrize("logit", [2.0, 30.0, 862.3032765200186, 693147.1805377298])
@pytest.mark.parametrize("y", [0.9, 0.999, 1 - 1e-6, 1 - 1e-13])
def test_what_is_small_beside_a_soft_labels_sure_logit_is_not_lost(logit, y):
    """In 50 digits: log(1 + exp(-p)) + (1 - y) p, and its slope along p, of the rounded y."""
    with mpmath.workdps(50):
        p, rest = mpmath.mpf(logit), 1 - mpmath.mpf(y)
        exact = mpmath.log1p(mpmath.exp(-p)) + rest * p
        slope = float(p * (rest - 1 / (1 + mpmath.exp(p))))
        wanted, excess = float(exact), float(exact - mpmath.log(2))
    for sign in (1.0, -1.0):
        logits = torch.tensor([[sign * logit]], dtype=torch.float64)
        target = torch.tensor([[y if sign > 0 else 1 - y]], dtype=torch.float64)
        found = along(as_loss("binary_cross_entropy"), logits, target, 1.0)
        assert found[0] == pytest.approx(wanted, rel=4e-16)
        assert found[1] == pytest.approx(excess, rel=4e-16, abs=3e-16)
        assert found[2] == pytest.approx(slope, rel=1e-14)
