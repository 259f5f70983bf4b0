from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from construction.solve.phases import VERTICAL, Phase
from construction.theorem.construct import construct

from ..problems import PLANES, THEOREM, bump, left_start, trained

CASES = [(name, problem, "valley") for name, problem in {**PLANES, "trained": trained}.items()]
CASES += [(name, problem, "paper") for name, problem in {**THEOREM, "trained": trained}.items()]


@pytest.mark.parametrize(
    ("problem", "profile"), [case[1:] for case in CASES], ids=[f"{n}-{p}" for n, _, p in CASES]
)
def test_phases_follow_one_another_without_a_gap_in_s_lambda_or_scale(problem, profile):
    phases = construct(*problem(), profile=profile, points=11).phases
    assert (phases[0].start, phases[0].lam_start, phases[0].scale_start) == (0, 0, 1)
    assert (phases[-1].stop, phases[-1].lam_stop) == (1, 1)
    for before, after in pairwise(phases):
        assert (before.stop, before.lam_stop) == (after.start, after.lam_start)
        assert before.scale_stop == after.scale_start
        assert before.start < before.stop


@pytest.mark.parametrize(
    ("problem", "profile", "names"),
    [
        (trained, "paper", ["travel", "descend"]),
        (left_start, "valley", ["shrink", "travel"]),
        (bump, "valley", ["travel", "shrink", "travel"]),
    ],
)
def test_the_phases_are_those_of_the_construction_in_its_order(problem, profile, names):
    assert [p.name for p in construct(*problem(), profile=profile, points=11).phases] == names


def test_lambda_or_the_scale_runs_and_the_other_rests():
    travel, descend = construct(*trained(), points=11).phases
    assert (travel.lam_start, travel.lam_stop) == (0, 1)
    assert descend.lam_start == descend.lam_stop == 1
    assert descend.scale_start > descend.scale_stop
    assert descend.stop - descend.start == pytest.approx(VERTICAL / (1 + VERTICAL))


@given(st.floats(0, 0.999), st.floats(1e-3, 1), st.floats(0.1, 9), st.floats(0.1, 9))
def test_a_phase_is_exact_at_both_ends_and_runs_evenly_between(start, length, scale, other):
    stop = min(1.0, start + length)
    phase = Phase("travel", "left", start, stop, scale, other, start=0.1, stop=0.7)
    assert (phase.lam_at(0.0), phase.lam_at(1.0)) == (start, stop)
    assert (phase.scale_at(0.0), phase.scale_at(1.0)) == (scale, other)
    assert (phase.s_at(start), phase.s_at(stop)) == (0.1, 0.7)
    assert phase.lam_at(0.5) == pytest.approx((start + stop) / 2)
    assert phase.scale_at(0.5) == pytest.approx((scale + other) / 2)
    assert phase.s_at((start + stop) / 2) == pytest.approx(0.4)


def test_shares_of_s_are_lambdas_way_or_the_vertical_length():
    travel, _, second = phases = construct(*bump(), profile="valley", points=11).phases
    ways = [travel.lam_stop, VERTICAL, 1 - second.lam_start]
    lengths = [phase.stop - phase.start for phase in phases]
    assert lengths == pytest.approx([way / (1 + VERTICAL) for way in ways])
