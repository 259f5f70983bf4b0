"""Minima that many scales attain, or none: c goes on from where it is, and does not leap."""

import numpy as np
import pytest
import torch

from construction.answers import UNDECIDED
from construction.errors import ConditionError
from construction.theorem.construct import assess, construct

from ..loss_data import hinge
from ..prescribed_outputs import as_network


def logits(*margins):
    """Two samples of the same label whose logits differ by these, at equally spaced lambdas."""
    places = np.linspace(0, 1, len(margins))
    table = np.array(margins, float)

    def outputs(lam):
        row = [np.interp(lam, places, table[:, k]) for k in range(2)]
        return torch.tensor([[row[0], 0.0], [row[1], 0.0]]).double()

    return as_network(outputs, torch.tensor([0, 0]))


def test_a_hinge_trained_to_zero_ends_at_the_first_scale_without_loss_and_does_not_jump():
    raw = torch.tensor([[1.0], [-1.0]]).double()
    start, end = torch.tensor([[-1.0], [0.5]]).double(), torch.tensor([[4.0], [-2.0]]).double()
    problem = as_network(lambda lam: start + lam * (end - start), raw)
    result = construct(*problem, loss="hinge", profile="valley", points=41)
    assert result.final_objective == 0
    assert result.objective[-1] == pytest.approx(0, abs=1e-15)
    assert result.scale[-1] == pytest.approx(0.5)
    assert float(hinge(0.5 * end, raw)) == 0
    assert abs(result.scale[-1] - result.at(result.s_of(1 - 1e-6)).scale) < 1e-3
    assert result.certify(41).strictly_decreasing


def test_minima_on_intervals_are_left_where_they_end_and_not_decided_where_none_is_seen_to():
    raw = torch.tensor([[1.0], [1.0]]).double()

    def outputs(lam):  # opposite at first: the hinge rests up to c = 1/3
        return torch.tensor([[3.0], [np.interp(lam, [0, 0.2, 0.5, 1], [-3, -3, 1, 3])]]).double()

    problem = as_network(outputs, raw)
    result = construct(*problem, loss="hinge", profile="valley", points=41)
    assert result.profile.crossing > 0.2
    assert result.sheet.flat[result.lam <= 0.2].all()
    check = result.certify(61)
    assert check.strictly_decreasing
    assert check.deviation < 1e-12
    match = r"at a single scale where the path crosses, .* at lambda = 0\.2, .* not decided at this"
    coarse = [0, 0.1, 0.5, 1]
    with pytest.raises(ConditionError, match=match):
        construct(*problem, loss="hinge", profile="valley", points=coarse)
    assert assess(*problem, loss="hinge", points=coarse).path_answer == UNDECIDED
    assert assess(*problem, loss="hinge", points=41).path_answer == "yes"


@pytest.mark.parametrize("width", [1e-2, 1.5e-3, 5e-4, 1e-5])
def test_however_narrow_an_interval_of_minima_is_c_does_not_leap_across_it(width):
    """``|3 c - 1| + |3 c - 1 - w|`` rests from c = 1/3 to (1 + w) / 3, and later nowhere."""
    raw = torch.tensor([[1.0], [1 + width]], dtype=torch.float64)
    ends = [
        torch.tensor(one, dtype=torch.float64) for one in ([[3.0], [3.0]], [[1.0], [1 + width]])
    ]
    problem = as_network(lambda lam: (1 - lam) * ends[0] + lam * ends[1], raw)
    result = construct(*problem, loss="absolute", profile="valley", points=11)
    assert result.sheet.flat[0]
    s = np.unique([x + d for x in (p.stop for p in result.phases) for d in (-1e-9, 0, 1e-9)])
    scale = np.array([result.at(x).scale for x in s[(s > 0) & (s < 1)]])
    assert np.abs(np.diff(scale)[np.diff(s[(s > 0) & (s < 1)]) < 2e-9]).max() < 1e-7


@pytest.mark.parametrize("loss", ["squared", "huber", "binary_cross_entropy", "absolute", "hinge"])
def test_past_a_plateau_of_m_at_the_zero_predictor_c_and_the_objective_go_on_from_where_they_are(
    loss,
):
    """It ends at lambda = 5/7 or, where the minimum is on an interval of scales there, later."""
    y = torch.tensor([[1.0], [-1.0]]).double()
    first, last = (torch.tensor(one).double() for one in ([[-3.0], [1.0]], [[0.7], [-0.9]]))
    raw = (y + 1) / 2 if loss == "binary_cross_entropy" else y
    problem = as_network(lambda lam: (1 - lam) * first + lam * last, raw)
    result = construct(*problem, loss=loss, profile="valley", points=11)
    (travel,) = (p for p in result.phases[1:] if p.name == "travel")
    near = [result.at(travel.s_at(travel.lam_start + d)) for d in (1e-12, 4e-8)]
    assert near[0].scale == pytest.approx(travel.scale_start, abs=1e-4)
    fall = near[1].objective - near[0].objective
    assert fall < -1e-14  # it rested for 5e-8
    assert travel.lam_start >= 5 / 7 - 1e-6
    if loss in ("squared", "binary_cross_entropy"):
        assert travel.lam_start == pytest.approx(5 / 7, abs=1e-7)


def test_a_start_on_an_interval_of_minima_is_not_decided_rather_than_left_by_a_leap():
    raw = torch.ones(3, 1).double()  # g(0, c) = 2/3 for c in [1/4, 5/2], L(0) = 1

    def outputs(lam, share=1.0):
        return share * torch.tensor([[4.0], [0.4], [-0.4 + lam]]).double()

    match = r"at a single scale where the path crosses, .* at lambda = 0, .* not decided at this"
    with pytest.raises(ConditionError, match=match):
        construct(*as_network(outputs, raw), loss="hinge", profile="valley", points=11)
    assert assess(*as_network(outputs, raw), loss="hinge", points=11).path_answer == UNDECIDED
    right = as_network(lambda lam: outputs(lam, 3 - 2 * lam), raw)  # c = 1 lies beyond it
    result = construct(*right, loss="hinge", profile="valley", points=11)
    assert abs(result.at(1e-9).scale - 1) < 1e-6


def test_from_the_left_of_an_infimum_that_no_scale_attains_the_path_stays_left_of_it():
    # m(0) = (ln 2) / 2, where the second sample has two equal logits; later m = 0
    problem = logits((1, 0), (2, 1))
    result = construct(*problem, loss="cross_entropy", profile="valley", points=11)
    assert np.isinf(result.best_scale).all()
    ends = [np.log1p(np.exp([-a, -b])).mean() for a, b in ((1, 0), (2, 1))]
    assert (result.initial_objective, result.final_objective) == pytest.approx(ends)
    assert [phase.name for phase in result.phases] == ["travel"]
    assert result.scale[[0, -1]].tolist() == [1, 1]
    assert (np.diff([result.at(x).objective for x in np.linspace(0, 1, 101)]) < 0).all()


def test_beside_an_end_that_is_the_infimum_but_for_underflow_there_are_scales_too():
    # L(W(0)) = log(1 + e^-18), and L(W(1)) = log(1 + e^-999) = 0
    problem = logits((18, 18), (999, 999))
    result = construct(*problem, loss="cross_entropy", profile="valley", points=11)
    assert result.final_objective == 0
    for near in (1 - 1e-6, 1 - 1e-10, 1 - 1e-13, 1.0):
        assert 0 < result.at(near).scale <= 1
        assert 0 <= result.at(near).objective < 1e-13


def largest_leap(result):
    """Of c within 1e-13 of s, where it changes most; near the end it may leap to W(1)'s own."""
    s = np.linspace(0, 0.999, 401)
    result.expect(s)
    scale = np.array([result.at(x).scale for x in s])
    k = int(np.abs(np.diff(scale)).argmax())
    (left, c), (right, d) = (s[k], scale[k]), (s[k + 1], scale[k + 1])
    while right - left > 1e-13:
        middle = (left + right) / 2
        one = result.at(middle).scale
        if abs(one - c) > abs(d - one):
            right, d = middle, one
        else:
            left, c = middle, one
    return abs(d - c)


def hinged(lam):
    """Slopes at c = 0 cancel at lambda = 1 / 2.3, where g rests at L(0) up to c = 1."""
    return torch.tensor([[1.0], [2.3 * lam - 2]], dtype=torch.float64)


RANDOM = np.random.default_rng(26)


ENDS, TOWARDS = RANDOM.normal(size=(3, 4, 1)), RANDOM.normal(size=(4, 1))


ENDS[0], ENDS[2] = 3 * ENDS[0], 0.3 * ENDS[2] + TOWARDS


def bent(lam):
    """Its highest m is where one kink takes over from another, below L(0)."""
    shares = max(1 - 2 * lam, 0), min(2 * lam, 2 - 2 * lam), max(2 * lam - 1, 0)
    return torch.from_numpy(sum(w * end for w, end in zip(shares, ENDS, strict=True)))


@pytest.mark.parametrize(
    ("loss", "outputs", "raw"),
    [("hinge", hinged, torch.ones(2, 1).double()), ("pinball", bent, torch.from_numpy(TOWARDS))],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_c_does_not_leap_where_one_scale_takes_over_from_another(loss, outputs, raw, dtype):
    """Exactly there m is highest, and all scales between them are as good."""
    problem = as_network(outputs, raw)
    result = construct(*problem, loss=loss, profile="valley", points=31, dtype=dtype)
    assert result.profile.crossing is not None
    assert largest_leap(result) < 1e-4
    check = result.certify(61)
    assert check.strictly_decreasing
