"""What a path does at single lambdas: its ends, its vertical phases, rays without a scale."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from construction.arrays import Array
from construction.errors import RootError
from construction.profile import Stretch, Target, custom, paper
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import Curves, Levels, Sheet
from construction.solve.phases import LEAST, VERTICAL, VISIBLE, phases_of
from construction.solve.scale import Scales, Status, solve
from construction.theorem.construct import construct

from ..problems import trained

LAM = np.array([0.0, 0.25, 0.5, 1.0])
#: c* = b at each lambda, so that c = 1 lies left, right, right, left; roots are b +- sqrt(b^2 + e).
LEFT_TO_LEFT = SquaredSheet(LAM, np.ones(4), np.array([1.5, 0.25, 0.5, 2.0]), 4.0)
RIGHT_TO_LEFT = replace(LEFT_TO_LEFT, b=np.array([0.5, 0.25, 0.5, 2.0]))
LEFT_TO_RIGHT = replace(LEFT_TO_LEFT, b=np.array([1.5, 0.25, 2.0, 0.5]))


def scales_of(sheet) -> tuple[Scales, Levels]:
    one = sheet.excess(1.0)
    levels = Levels(sheet.d, float(one[0]), float(one[-1]))
    return Scales(sheet, levels, paper(levels)), levels


def both_roots(sheet, k, e) -> dict[str, float]:
    b = sheet.b[k]
    return {"left": b - np.sqrt(b * b + e), "right": b + np.sqrt(b * b + e)}


@pytest.mark.parametrize("sheet", [LEFT_TO_LEFT, RIGHT_TO_LEFT, LEFT_TO_RIGHT])
@pytest.mark.parametrize("end", [0, -1])
def test_the_scale_at_an_end_is_one_itself_on_its_own_branch_and_level_alone(sheet, end):
    scales, levels = scales_of(sheet)
    level = levels.final_excess if end else levels.initial_excess
    own = sheet.branch_of(end)
    for branch in ("left", "right"):
        for off in (0.0, 0.125, -0.125):
            e = np.array([level + off])
            wanted = both_roots(sheet, end, level + off)[branch]
            if wanted < 0:
                continue  # the left branch ends at c = 0
            found = scales.root(sheet.at(end), e, np.array([branch]))[0]
            assert found == pytest.approx(wanted, rel=1e-14)
            if not off and branch == own:
                assert found == 1
            else:
                assert found != 1


@pytest.mark.parametrize("sheet", [RIGHT_TO_LEFT, LEFT_TO_RIGHT])
def test_the_levels_of_the_ends_are_met_between_them_by_other_scales(sheet):
    scales, levels = scales_of(sheet)
    inner = sheet.pick(np.array([1, 2]))
    for level in (levels.initial_excess, levels.final_excess):
        if (level <= inner.minimum_excess).any():
            continue
        found = scales.root(inner, np.full(2, level), np.full(2, "right"))
        wanted = [both_roots(sheet, k, level)["right"] for k in (1, 2)]
        np.testing.assert_allclose(found, wanted, rtol=1e-14)


@dataclass(frozen=True)
class Falling(Sheet):
    """``g = exp(-rate c)``: every ray falls to an infimum of 0 that no scale attains."""

    lam: Array
    rate: Array
    d: float = 1.0

    @property
    def curves(self) -> Curves:
        whole = np.ones_like(self.lam)
        return Curves(np.inf * whole, -whole, 0 * whole, -self.rate)

    def excess(self, c):
        return np.expm1(-self.rate * c)

    def slope(self, c):
        return -self.rate * np.exp(-self.rate * c)

    def root(self, excess, right):
        scale = -np.log1p(excess) / self.rate
        return np.where(right | (scale > 1e3), np.nan, scale)

    def pick(self, chosen):
        return Falling(self.lam[chosen], self.rate[chosen], self.d)


@pytest.mark.parametrize(
    ("excess", "branch", "wanted"),
    [
        (np.expm1(-2.0), "left", Status.SOLVED),
        (-1.0, "left", Status.NEVER_REACHED),
        (-1.5, "left", Status.BELOW_MINIMUM),
        (-0.5, "right", Status.NO_RIGHT_BRANCH),
        (0.5, "right", Status.NO_RIGHT_BRANCH),
        (0.5, "left", Status.ABOVE_ZERO_PREDICTOR),
        (-1e-5 - 1 + 1e-5 + 1e-300, "left", Status.NEVER_REACHED),
    ],
)
def test_rays_that_fall_forever_have_a_left_root_above_their_infimum_alone(excess, branch, wanted):
    sheet = Falling(np.zeros(1), np.full(1, 4.0))
    found = solve(sheet, np.array([excess]), np.array([branch]))
    assert Status(int(found.status[0])) is wanted
    if wanted is Status.SOLVED:
        assert found.scale[0] == pytest.approx(0.5, rel=1e-14)
    else:
        assert np.isnan(found.scale[0])


@pytest.mark.parametrize("d", [0.25, 4.0])
def test_a_left_target_above_the_zero_predictor_by_rounding_alone_has_the_scale_0(d):
    sheet = SquaredSheet(np.zeros(1), np.ones(1), np.ones(1), d)
    for share, wanted in ((8, Status.SOLVED), (32, Status.ABOVE_ZERO_PREDICTOR)):
        e = np.array([share * np.finfo(float).eps * d])
        found = solve(sheet, e, np.array(["left"]))
        assert Status(int(found.status[0])) is wanted
        assert found.scale[0] == pytest.approx(0 if share == 8 else np.nan, nan_ok=True)


def test_a_scale_that_is_not_found_is_out_of_reach_and_spoils_no_other():
    sheet = Falling(np.zeros(3), np.array([4.0, 1e-5, 2.0]))
    found = solve(sheet, np.full(3, np.expm1(-2.0)), np.full(3, "left"))
    assert [Status(int(one)).name for one in found.status] == ["SOLVED", "OUT_OF_REACH", "SOLVED"]
    assert found.scale[[0, 2]].tolist() == pytest.approx([0.5, 1.0])


def test_where_the_end_is_the_infimum_but_for_rounding_its_scale_and_those_beside_it_are_one():
    sheet = Falling(LAM, np.array([0.5, 1.0, 999.0, 999.0]))  # exp(-999) = 0
    scales, levels = scales_of(sheet)
    assert levels.final_excess == -1
    left = np.full(2, "left")
    assert scales.root(sheet.pick(np.array([2, 3])), np.full(2, -1.0), left).tolist() == [1, 1]
    with pytest.raises(RootError, match="the infimum, which no finite scale attains"):
        scales.root(sheet.at(1), np.array([-1.0]), left[:1])
    assert scales.root(sheet.at(1), np.expm1([-1.0]), left[:1])[0] == pytest.approx(1)
    with pytest.raises(RootError, match="the infimum, which no finite scale attains"):
        solve(sheet.at(3), np.array([-1.0]), left[:1]).required(LAM[[3]])


def phases_on(sheet, target, levels):
    scales = Scales(sheet, levels, target)
    return phases_of(target, scales, levels, sheet, lambda lam: sheet.at(LAM.tolist().index(lam)))


@pytest.mark.parametrize("share", [0.5, 3e-6, 4e-7, 3e-9])
def test_a_vertical_phase_is_as_long_as_its_drop_where_that_is_hardly_seen(share):
    # a = 1, b = 0: g - L(0) = c^2, and L(W(1)) = g(1, 1) is above L(0)
    sheet = SquaredSheet(LAM, np.array([4.0, 3.0, 2.0, 1.0]), np.zeros(4), 1.0)
    levels = Levels(1.0, 4.0, 1.0)
    whole = levels.initial_excess - levels.final_excess
    target = custom(lambda lam: 5 - (1 - share) * whole * lam, levels)
    travel, descend = phases_on(sheet, target, levels)
    length = VERTICAL * min(1.0, share / VISIBLE)
    assert (descend.stop - descend.start) / travel.stop == pytest.approx(length, rel=1e-6)
    assert (descend.name, descend.branch, descend.lam_start, descend.lam_stop) == (
        "descend",
        "right",
        1,
        1,
    )
    assert descend.scale_start == pytest.approx(np.sqrt(1 + share * whole), rel=1e-14)
    assert (descend.scale_stop, descend.stop, travel.start) == (1, 1, 0)


def test_a_vertical_phase_without_a_drop_keeps_the_least_length():
    sheet = SquaredSheet(LAM, np.array([4.0, 3.0, 2.0, 1.0]), np.zeros(4), 1.0)
    levels = Levels(1.0, 4.0, float(np.nextafter(1.0, 0)))  # g(1, 1) is a rounding above it
    target = Target("custom", (Stretch(0.0, 1.0, "right", lambda lam: 4 - 3 * lam),))
    travel, descend = phases_on(sheet, target, levels)
    assert travel.stop < descend.stop == 1
    assert 1 - travel.stop == pytest.approx(VERTICAL * LEAST, rel=1e-3)


def test_weights_of_a_point_have_their_head_multiplied_by_any_scale():
    path = construct(*trained(), points=5)
    for scale in (1.0, 2.0, 0.5, 3.0):
        point = replace(path.at(0.3), scale=scale)
        weights, base = path.weights_at(point), trained().path(point.lam)
        for name in ("5.weight", "5.bias"):
            assert (weights[name] == scale * base[name]).all()


def test_a_grid_lambda_is_reached_to_the_bit_at_its_own_s():
    path = construct(*trained(), points=101, profile="even")
    assert [path.at(float(s)).lam for s in path.s] == path.lam.tolist()
    assert [path.at(float(s)).scale for s in path.s] == path.scale.tolist()
    assert [path.at(float(s)).target for s in path.s[:-1]] == path.target[:-1].tolist()
    np.testing.assert_allclose(path.target, path.objective, rtol=1e-12)


def test_no_two_outcomes_at_a_lambda_are_one():
    assert len({int(status) for status in Status}) == len({s.sentence for s in Status}) == 9
