import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.interpolate import BPoly

from construction.errors import InputError, WeightsError
from construction.forward.precision import converted_path
from construction.path.paths import Bezier, Line
from construction.theorem.construct import construct

from ..problems import Problem, trained
from .test_paths import same_bits, states

rows = st.integers(2, 6).flatmap(
    lambda n: hnp.arrays(np.float64, (n, 3), elements=st.floats(-9, 9))
)
lams = st.floats(0, 1)


def curve(points: np.ndarray) -> Bezier:
    return Bezier([{"w": torch.from_numpy(point)} for point in points])


@given(rows)
def test_it_is_exact_to_the_bit_at_both_ends(points):
    for lam, end in ((0, points[0]), (1, points[-1])):
        assert same_bits(curve(points)(lam), {"w": torch.from_numpy(end)})


@given(rows, lams)
def test_it_is_the_curve_that_scipy_draws(points, lam):
    wanted = BPoly(points[:, None, :], [0, 1])
    np.testing.assert_allclose(curve(points)(lam)["w"], wanted(lam), atol=1e-13)


@given(rows, lams)
def test_it_is_what_de_casteljau_cuts_corners_to(points, lam):
    corners = points
    while len(corners) > 1:
        corners = (1 - lam) * corners[:-1] + lam * corners[1:]
    np.testing.assert_allclose(curve(points)(lam)["w"], corners[0], atol=1e-13)


@given(st.integers(1, 30), lams)
def test_shares_are_not_negative_and_add_up_to_one(degree, lam):
    shares = Bezier(states(0.0) * (degree + 1)).shares(lam).values()
    assert min(shares) >= 0
    assert sum(shares) == pytest.approx(1, rel=1e-13)


@given(lams)
def test_two_control_points_make_the_straight_line(lam):
    ends = states([0.0, 1.0], [2.0, -1.0])
    torch.testing.assert_close(Bezier(ends)(lam), Line(*ends)(lam))


def test_entries_that_are_no_floats_are_those_of_the_nearest_control_point():
    path = Bezier([{"n": torch.tensor(n)} for n in (1, 5, 8)])
    assert [int(path(lam)["n"]) for lam in (0, 0.24, 0.26, 0.74, 0.76, 1)] == [1, 1, 5, 5, 8, 8]


def test_moved_to_float64_it_interpolates_there():
    moved = converted_path(Bezier(states(0.1, 0.7, 0.2)), torch.device("cpu"), torch.float64)
    ends = [float(torch.tensor(x)) for x in (0.1, 0.7, 0.2)]
    wanted = 0.09 * ends[0] + 0.42 * ends[1] + 0.49 * ends[2]
    assert moved(0.7)["w"].dtype == torch.float64
    assert float(moved(0.7)["w"]) == pytest.approx(wanted, rel=1e-15)


def test_a_path_is_constructed_on_it_and_certified():
    model, line, data = trained()
    middle = {name: value + 0.05 for name, value in line(0.4).items()}
    problem = Problem(model, Bezier([line(0), middle, line(1)]), data)
    path = construct(*problem, points=21)
    assert path.certify(points=41).holds


def test_its_grid_is_even():
    path = Bezier(states(0.0, 1.0, 2.0))
    np.testing.assert_array_equal(path.grid(6), np.linspace(0, 1, 6))
    with pytest.raises(InputError, match=r"at least 2 points; found 1\. 401 are usual\."):
        path.grid(1)


@pytest.mark.parametrize("lam", [-1e-9, 1.5, float("nan")])
def test_a_lambda_outside_is_refused(lam):
    with pytest.raises(InputError, match=r"lambda in \[0, 1\].*defined there only"):
        Bezier(states(0.0, 1.0))(lam)


def test_control_points_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"at least 2 state dicts; found 1\. Give the initial"):
        Bezier(states(1.0))
    with pytest.raises(WeightsError, match=r"'w' of one shape; found \(\) in number 1 and \(2,\)"):
        Bezier(states(1.0, 2.0, [1.0, 2.0]))


def test_a_type_too_small_for_the_weights_is_refused():
    large = [{"w": torch.tensor(x, dtype=torch.float64)} for x in (1.0, 1e300)]
    with pytest.raises(WeightsError, match=r"1 of 1 values of 'w' in state dict number 1"):
        converted_path(Bezier(large), torch.device("cpu"), torch.float32)
