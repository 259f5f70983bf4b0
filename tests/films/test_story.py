"""What scenes show is the record's numbers, at every lambda."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from construction.condition.examine import examine
from construction.experiments.path import curves
from construction.experiments.path import words as story
from construction.record.record import Record
from construction.sheet.sheet import Levels
from scenes.mobjects.plot import log_axis


@pytest.fixture(scope="module")
def record(film_record):
    return Record.load(film_record)


def test_at_grid_lambdas_the_root_drawn_is_the_records(record):
    for route in record.routes:
        for profile in ("even", "paper"):
            scales = route.journeys[profile].scale
            drawn = [curves.root_at(route, profile, float(lam)) for lam in route.sheet.lam]
            assert np.allclose(drawn, scales, rtol=1e-12)


def test_between_grid_lambdas_the_root_lies_on_the_parabola_and_the_level(record):
    route = record.route("detour")
    for lam in np.random.default_rng(0).uniform(0, 1, 50):
        root = curves.root_at(route, "even", lam)
        height = curves.sheet_at(route, lam).value(root)[0]
        target = np.interp(lam, route.sheet.lam, route.journeys["even"].target)
        assert height == pytest.approx(target, rel=1e-12)
        drawn = curves.objective_at(route, np.full(1, lam), np.array([root]))
        assert drawn == pytest.approx(height)


def test_the_legs_join_and_their_objectives_never_rise(record):
    for route in record.routes:
        for profile in route.journeys:
            legs = curves.legs(route, profile)
            objective = np.concatenate([leg.objective for leg in legs])
            assert (np.diff(objective) <= 1e-12).all()
            for first, second in pairwise(legs):
                assert first.lam[-1] == second.lam[0]
                assert first.scale[-1] == second.scale[0]
            assert objective[0] == pytest.approx(route.empirical[0], rel=1e-12)
            assert objective[-1] == pytest.approx(route.empirical[-1], rel=1e-12)


def test_a_leg_runs_over_lambda_or_over_its_share(record):
    travel, descend = curves.legs(record.route("line"), "even")
    assert np.array_equal(travel.clock, travel.lam)
    assert descend.clock[0] == 0
    assert descend.clock[-1] == 1
    assert set(descend.lam) == {1.0}


def test_the_range_holds_every_objective_shown(record):
    for route in record.routes:
        axis = log_axis(curves.objectives(route), 0, 1)
        for profile in route.journeys:
            for leg in curves.legs(route, profile):
                assert axis.low <= leg.objective.min() <= leg.objective.max() <= axis.high


def test_the_theorem_profile_is_the_first_on_the_right_branch_all_the_way(record):
    route = record.route("line")
    assert curves.theorem_profile(route) == "even"
    alone = {"valley": route.journeys["valley"]}
    assert curves.theorem_profile(story.Route(**{**vars(route), "journeys": alone})) is None


def test_the_footer_names_data_network_seeds_points_and_standing(record):
    assert story.footer(record, record.route("line")) == (
        "MNIST 5,000 · MLP 784-32-10 · He init · seed 0 · proved, 15 checks"
    )
    assert "seed 0, 1" in story.footer(record, record.route("detour"))


def with_certificates(record, change):
    routes = [
        story.Route(
            **{
                **vars(route),
                "journeys": {
                    name: type(one)(**{**vars(one), "certificate": change(one.certificate)})
                    for name, one in route.journeys.items()
                },
            }
        )
        for route in record.routes
    ]
    return Record(tuple(routes), record.manifest)


def test_what_was_not_checked_or_failed_is_said(record):
    unchecked = with_certificates(record, lambda check: None)
    assert story.footer(unchecked, unchecked.routes[0]).endswith("not checked")
    failed = with_certificates(record, lambda c: type(c)(**{**vars(c), "largest_step": 0.1}))
    assert story.footer(failed, failed.routes[0]).endswith("check failed")
    for changed, verdict in ((failed, "check failed"), (unchecked, "not checked")):
        assert dict(story.findings(changed))["Constructed paths strictly decreasing"] == verdict


def test_of_a_path_that_failed_and_one_that_was_not_checked_the_failure_is_said(record):
    kept = iter([None])
    some = with_certificates(
        record, lambda c: next(kept, type(c)(**{**vars(c), "largest_step": 0.1}))
    )
    assert dict(story.findings(some))["Constructed paths strictly decreasing"] == "check failed"


def test_findings_say_what_is_proved_and_what_is_not(record):
    assert story.findings(record) == [
        ("Theorem 1: where conditions 1 and 2 hold, a path exists", "proved on paper"),
        ("Conditions 1 and 2", "proved on $[0, 1]$"),
        ("Constructed paths strictly decreasing", "checked at 15 points"),
        ("The rounded weights between those points", "not checked"),
    ]
    assert story.proves(record)


def unproved(route):
    """The route as its grid alone shows it."""
    return replace(route, conditions=examine(route.sheet, levels_of(route)))


def levels_of(route):
    excess = route.sheet.excess(1.0)
    return Levels(route.sheet.d, float(excess[0]), float(excess[-1]))


def test_findings_without_a_proof_claim_none(record):
    checked = with_certificates(record, lambda c: type(c)(**{**vars(c), "proof": None}))
    checked = replace(checked, routes=tuple(map(unproved, checked.routes)))
    findings = story.findings(checked)
    assert [standing for _, standing in findings].count("proved on paper") == 1
    assert all(
        re.fullmatch(r"proved on paper|checked at \d+ points?( each)?|not checked", standing)
        for _, standing in findings
    )
    assert not story.proves(checked)


@pytest.mark.parametrize(
    ("standings", "weakest"),
    [
        (["proved on [0, 1]", "checked at 21 points"], "checked at 21 points"),
        (
            ["not decided at this precision", "checked at 21 points"],
            "not decided at this precision",
        ),
        (["not satisfied", "not decided at this precision"], "not satisfied"),
    ],
)
def test_of_two_standings_the_weaker_is_told(standings, weakest):
    assert story.weakest(standings) == story.weakest(standings[::-1]) == weakest
