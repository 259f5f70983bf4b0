"""Enclosures between two lambdas: against the model itself, and against ball arithmetic."""

from functools import partial
from unittest import mock

import flint
import pytest
import torch
from flint import arb

from construction.network.networks import mlp
from construction.proof import layers as rules
from construction.proof.bounds import Segment
from construction.proof.enclosure import TINY, Enclosure, WeightSpan, rounded_up
from construction.proof.program import ProgramStep, read_program

from ..proofs import KINDS, at, densely, drawn, segment_of


@pytest.fixture(params=["few bends", "every bend"])
def follows(request, monkeypatch):
    """Whether small layers follow bends too, as wide ones do."""
    if request.param == "every bend":
        monkeypatch.setattr(rules, "FEWER", 0)


def parabola(known, t):
    return (1 - t) * known.left + t * known.right - t * (1 - t) * known.centre


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("start", "stop"), [(0.0, 1.0), (0.3, 0.4), (0.7, 0.69), (0.2, 0.201)])
@pytest.mark.usefixtures("follows")
def test_the_outputs_stay_within_the_radius(kind, start, stop):
    segment, model, inputs = segment_of(kind)
    enclosure = segment.outputs(inputs, start, stop)
    for t in densely(0, 1, 201):
        outputs = at(model, segment, inputs, start + t * (stop - start))
        off = (outputs - parabola(enclosure, t)).abs()
        assert (off <= enclosure.radius + 1e-13).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_parabola_is_nearer_than_the_straight_line(kind):
    """The curvature is followed with its sign, so that less is left to the radius."""
    segment, model, inputs = segment_of(kind)
    enclosure = segment.outputs(inputs, 0.3, 0.302)
    outputs = at(model, segment, inputs, 0.301)
    off = (outputs - parabola(enclosure, 0.5)).abs()
    straight = (outputs - (enclosure.left + enclosure.right) / 2).abs()
    assert off.mean() < straight.mean() / 1.5


@pytest.mark.usefixtures("follows")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("start", "stop"), [(0.0, 0.5), (0.3, 0.4), (1.0, 0.9)])
def test_an_anchored_bound_vanishes_at_its_left_end(kind, start, stop):
    segment, model, inputs = segment_of(kind)
    ends = [segment.activations(inputs, lam) for lam in (start, stop)]
    enclosure = segment.enclosure((start, stop), *ends, anchored=True)
    for t in densely(0, 1):
        outputs = at(model, segment, inputs, start + t * (stop - start))
        off = (outputs - (1 - t) * enclosure.left - t * enclosure.right).abs()
        assert (off <= t * enclosure.radius + 1e-12).all()
    assert float(enclosure.error.max()) < 1e-4


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("follows")
def test_the_radius_is_of_second_order_in_the_length(kind):
    segment, _, inputs = segment_of(kind)
    radii = [float(segment.outputs(inputs, 0.3, 0.3 + w).radius.mean()) for w in (1e-2, 1e-3)]
    assert radii[1] < radii[0] / 10


@pytest.mark.parametrize("kind", KINDS)
def test_at_a_point_only_rounding_is_left(kind):
    segment, _, inputs = segment_of(kind)
    assert float(segment.outputs(inputs, 0.3, 0.3).radius.max()) < 1e-7


@pytest.mark.usefixtures("follows")
@pytest.mark.parametrize("size", [1e-200, 1e-46, 1e-20, 1.0, 1e20, 1e37, 1e150])
def test_weights_that_vanish_in_a_type_still_count(size):
    """A hidden layer scaled up and the next scaled down by as much: the network stays the same."""
    model, first, second, inputs = drawn(lambda k: mlp((3, 8, 6, 2), seed=k), 3)
    scaled = [
        state | {"1.weight": state["1.weight"] * size, "1.bias": state["1.bias"] * size,
                 "3.weight": state["3.weight"] / size}
        for state in (first, second)
    ]  # fmt: skip
    steps = read_program(model, first, inputs.double())
    segment = Segment(steps, 0.0, 1.0, *scaled)
    enclosure = segment.outputs(inputs.double(), 0.0, 1.0)
    assert bool((enclosure.radius < torch.inf).all()) == (1e-38 < size < 1e38)
    for t in densely(0, 1):
        outputs = at(model, segment, inputs.double(), t)
        off = (outputs - parabola(enclosure, t)).abs()
        assert (off <= enclosure.radius * (1 + 1e-9)).all()


def test_of_outputs_that_overflow_nothing_is_known():
    model, first, second, inputs = drawn(lambda k: mlp((3, 8, 2), seed=k), 3)
    steps = read_program(model, first, inputs.double())
    huge = {name: value * 1e300 for name, value in second.items()}
    enclosure = Segment(steps, 0.0, 1.0, first, huge).outputs(inputs.double(), 0.0, 1.0)
    assert (enclosure.radius == torch.inf).all()
    assert enclosure.left.isfinite().all()
    assert enclosure.right.isfinite().all()


@pytest.mark.parametrize("anchored", [False, True])
def test_a_unit_whose_sum_overflows_downward_is_not_taken_for_dead(anchored):
    """As of -1e310 + 1e310 + 1, which a sum in floats may make minus infinity of."""
    end = torch.full((1, 1), -torch.inf, dtype=torch.float64)
    error = torch.zeros(1, dtype=torch.float64) if anchored else None
    before = Enclosure(end, end, torch.full_like(end, 1e296), error)
    known = rules.after(ProgramStep("relu", (0,)), [before], (end.relu(), end.relu()), {})
    assert not (known.radius < 1e296).any()


def kinks(draw):
    """Ends of parabolas and their centres: flat and bent ones, of one sign and of both."""
    size = 10 ** (8 * draw(4000) - 6)
    ends = (2 * draw(2, 4000) - 1) * torch.where(draw(4000) < 0.5, 1.0, 10 ** (-6 * draw(2, 4000)))
    return *(size * ends), size * (2 * draw(4000) - 1) * 4 * draw(4000).square()


def test_the_positive_part_of_a_parabola_stays_as_near_to_its_own_as_is_said():
    draw = partial(torch.rand, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    left, right, centre = kinks(draw)
    bent, off = rules._kink(left, right, centre)
    most = torch.zeros_like(off)
    for t in densely(0, 1, 2001):
        values = ((1 - t) * left + t * right - t * (1 - t) * centre).clamp_min(0)
        chord = (1 - t) * left.clamp_min(0) + t * right.clamp_min(0)
        most = torch.maximum(most, (values - chord + t * (1 - t) * bent).abs())
    assert (most <= off * (1 + 1e-12) + 1e-14 * (left.abs() + right.abs())).all()
    once = (left * right < 0) & (centre.abs() < (left - right).abs() / 2)
    assert once.double().mean() > 0.1
    assert (off <= 1.001 * most + 1e-3 * (left - right).abs())[once].all()
    assert (off < 0.1 * (left - right).abs() + centre.abs() / 4)[once].all()


def test_a_kink_of_numbers_that_are_none_or_tiny_is_bounded():
    zero = torch.zeros(1).double()
    assert rules._kink(zero, zero, zero)[1] == 0
    assert (rules._kink(zero + 1e-300, zero - 1e-300, zero)[1] + TINY > 1e-300).all()
    for spoiled in (torch.nan, torch.inf):
        bent, off = rules._kink(zero - 1, zero + 1, zero + spoiled)
        assert not (bent + off).isfinite().any()


def as_balls(tensor):
    return flint.arb_mat([[arb(float(x)) for x in row] for row in tensor.tolist()])


def in_balls(steps, first, second, x, lam):
    """The outputs of an MLP in ball arithmetic, at a ball of lambdas."""
    h = as_balls(x[:, None])
    for step in steps:
        if step.kind == "linear":
            weight, bias = (
                as_balls(first[n] if first[n].ndim == 2 else first[n][:, None]) * (1 - lam)
                + as_balls(second[n] if second[n].ndim == 2 else second[n][:, None]) * lam
                for n in (step.entry("weight"), step.entry("bias"))
            )
            h = weight * h + bias
        elif step.kind == "relu":
            h = flint.arb_mat(
                h.nrows(), 1, [(abs(h[k, 0]) + h[k, 0]) / 2 for k in range(h.nrows())]
            )
    return [h[k, 0] for k in range(h.nrows())]


@pytest.mark.usefixtures("follows")
@pytest.mark.parametrize("seed", range(3))
def test_ball_arithmetic_agrees(seed):
    flint.ctx.prec = 200
    model, first, second, inputs = drawn(lambda k: mlp((3, 8, 6, 2), seed=10 * seed + k), 3)
    steps = read_program(model, first, inputs.double())
    segment = Segment(steps, 0.0, 1.0, first, second)
    for start, stop in ((0.0, 0.25), (0.5, 0.53125)):
        enclosure = segment.outputs(inputs.double(), start, stop)
        for t in (arb(0), arb(1) / 3, arb(0.5), arb(7) / 8, arb(1)):
            lam = arb(start) + t * arb(stop - start)
            for k, x in enumerate(inputs.double()):
                for j, output in enumerate(in_balls(steps, first, second, x, lam)):
                    left, right, centre, radius = (
                        arb(float(getattr(enclosure, part)[k, j]))
                        for part in ("left", "right", "centre", "radius")
                    )
                    curve = (1 - t) * left + t * right - t * (1 - t) * centre
                    assert abs(output - curve) <= radius


def test_bends_that_are_followed_through_the_next_layers_leave_a_smaller_radius(monkeypatch):
    model, first, second, inputs = drawn(lambda k: mlp((3, 150, 150, 2), seed=k), 3)
    segment = Segment(read_program(model, first, inputs.double()), 0.0, 1.0, first, second)
    radius = {}
    for fewer in (0, 10**9):
        monkeypatch.setattr(rules, "FEWER", fewer)
        radius[fewer] = segment.outputs(inputs.double(), 0.3, 0.32).radius
    assert (radius[0] < radius[10**9]).all()
    assert radius[0].mean() < radius[10**9].mean() / 1.4


def test_the_ends_are_the_models_outputs():
    segment, model, inputs = segment_of("written")
    assert torch.allclose(
        segment.activations(inputs, 0.4)[-1], at(model, segment, inputs, 0.4), atol=1e-13
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_few_units_bend_their_columns_are_followed_and_the_others_bounded(dtype):
    """Against deviations of any sign, in float64; also of samples in which nothing bends."""
    generator = torch.Generator().manual_seed(0)
    draw = partial(torch.rand, generator=generator, dtype=torch.float64)
    radius = 1e-9 * draw(40, 200) + (draw(40, 200) < 0.01) * (torch.arange(40) % 4)[:, None]
    radius, left = radius.to(dtype), draw(80, 200) - 0.5
    right, ends = left + 0.01 * draw(80, 200), torch.zeros(40, 200, dtype=torch.float64)
    span = WeightSpan(left, right, (left, right), dtype)
    step, h = ProgramStep("linear"), Enclosure(ends, ends, radius)
    with mock.patch.object(rules, "product_of", side_effect=AssertionError):  # is not formed
        bound, _, (rows, vectors, total) = rules._carried(step, h, span)
    least = radius.double().amax(1, keepdim=True).clamp_min(3) * rules.NEGLIGIBLE
    assert torch.equal(rows, (radius > least).nonzero()[:, 0])
    whole = bound.index_add(0, rows, vectors.abs())
    assert torch.allclose(bound + total, whole)
    assert whole.max() < 1.05 * (radius.double() @ right.abs().T).max()
    assert bound.max() < 0.05 * whole.max()
    for t in (0.0, 0.3, 1.0):
        share = 2 * draw(40, 200) - 1
        moved = (share * radius) @ (left + t * (right - left)).T
        followed = (share[radius > least][:, None] * vectors).double()
        off = moved - torch.zeros_like(moved).index_add(0, rows, followed)
        assert (off.abs() <= rounded_up(bound, 200)).all()
    radius[3] = torch.inf
    spoiled, *_ = rules._carried(step, Enclosure(ends, ends, radius), span)
    assert not spoiled[3].isfinite().any()
    assert spoiled[4:].isfinite().all()
