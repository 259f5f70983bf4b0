"""The numbers on the page are the library's."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from construction.errors import ConditionError
from construction.path.paths import Line
from construction.record.joints import joints
from construction.record.record import Record
from construction.theorem.construct import assess, construct, measure

from ..problems import barrier, right_start, trained
from .moves import close, number, settled, to_lambda
from .records import recorded, results, without_table

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_on_every_recorded_path_the_numbers_are_those_of_the_library(shown, loss):
    page = shown(recorded(loss))
    for profile, result in results(loss).items():
        page.select_option("#profile", profile)
        for k in (0, 7, 50, 93, 100):
            to_lambda(page, k)
            wanted = {
                "lambda": result.lam[k],
                "scale": result.scale[k],
                "objective": result.objective[k],
                "target": result.target[k],
                "minimum": result.minimum[k],
                "best": result.best_scale[k],
                "empirical": result.empirical[k],
                "zero": result.zero_objective,
            }
            for name, value in wanted.items():
                assert close(number(page, name), value), (profile, k, name, value)


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_off_the_path_the_objective_is_that_of_the_library(shown, loss):
    page, sheet = shown(recorded(loss)), next(iter(results(loss).values())).sheet
    for k in (0, 33, 100):
        to_lambda(page, k)
        page.focus("#scale")
        page.keyboard.press("End")
        for _ in range(12):
            page.keyboard.press("PageDown")
            settled(page)
            assert not page.is_checked("#follow")
            wanted = float(sheet.at(k).value(number(page, "scale"))[0])
            assert close(number(page, "objective"), wanted), (k, number(page, "scale"))


@pytest.mark.parametrize("loss", ["absolute", "huber"])
def test_of_a_loss_with_kinks_no_more_digits_are_shown_than_are_known(shown, loss):
    result = construct(*trained(), loss=loss, profile="valley", points=21)
    page = shown(result.record())
    for k in (0, 9, 20):
        scales = np.geomspace(0.01, page.evaluate("state.survey.far"), 60)
        found, error = np.array(
            page.evaluate(
                "([k, scales]) => scales.map((c) => [state.sheet.value(state.sheet.lam[k], c),"
                "state.sheet.error(state.sheet.lam[k], c)])",
                [k, scales.tolist()],
            )
        ).T
        wanted = np.array([float(result.sheet.at(k).value(c)[0]) for c in scales])
        assert (np.abs(found - wanted) <= error).all()
        assert np.median(error / wanted) < 1e-4
    assert page.evaluate("digits(1.23456789, 0.004)") == "1.23"
    assert page.evaluate("digits(1.23456789, 0)") == "1.234568"
    assert page.evaluate("digits(-98.7654321, 0.4)") == "−99"


def test_answers_and_margins_are_shown_and_follow_lambda(shown):
    result, page = results("squared")["even"], shown(recorded("squared"))
    words = page.locator("#conditions").inner_text()
    assert words.count("✓ yes") == 6
    for k in (0, 60):
        to_lambda(page, k)
        here = page.locator("#live-condition-1").inner_text().removeprefix("here ")
        assert close(float(here), float(result.sheet.growth[k]))
        here = page.locator("#live-sheet-barrier").inner_text().removeprefix("here ")
        wanted = float(result.minimum[k] - result.initial_objective)
        assert close(float(here.replace("−", "-")), wanted)


def test_a_sheet_without_a_path_says_so_in_the_words_of_the_library(shown):
    with pytest.raises(ConditionError) as caught:
        construct(*barrier(), points=101, profile="valley")
    whole = construct(*right_start(), points=101).record()
    sheet, conditions = measure(*barrier(), points=101)[1], assess(*barrier(), points=101)
    route = replace(whole.routes[0], sheet=sheet, conditions=conditions, journeys={})
    page = shown(Record((route,)))
    assert page.evaluate("state.profile") == "valley"
    told = page.locator("#told").inner_text()
    assert told.startswith(f"Refused. Expected {caught.value.expected}; found {caught.value.found}")
    assert page.locator("#conditions").inner_text().count("✗ no") == 4
    assert page.is_disabled("#play")


def test_objectives_below_zero_are_drawn_on_an_even_axis(shown):
    model, path, (inputs, targets) = trained()
    counts = (8 * targets.abs() + 3).round()
    result = construct(model, path, (inputs, counts), loss="poisson", profile="valley", points=21)
    page = shown(result.record())
    assert result.final_objective < 0
    assert not page.evaluate("state.survey.logarithmic")
    to_lambda(page, 20)
    assert close(number(page, "objective"), result.objective[20])
    pixels = page.evaluate("along => along.map((v) => drawnCurves.y.pixel(v))", [-1.0, 0.0, 1.0])
    assert pixels[0] - pixels[1] == pytest.approx(pixels[1] - pixels[2])


def test_the_outputs_of_the_sample_follow_lambda_and_c(shown):
    record = recorded("squared")
    page, sample = shown(record), record.routes[0].sample
    page.select_option("#profile", "even")
    seen = set()
    for k in (0, 50, 100):
        to_lambda(page, k)
        outputs = np.array(page.evaluate("outputsAt(state.route.sample, state.lam, state.c)"))
        lam, c = page.evaluate("[state.lam, state.c]")
        wanted = c * sample.outputs_at(lam).ravel()
        np.testing.assert_allclose(outputs, wanted, atol=2e-2 * np.abs(wanted).max())
        seen.add(page.evaluate("document.getElementById('sample').toDataURL()"))
    assert len(seen) == 3


def test_a_record_without_table_shows_what_it_has_and_says_what_is_missing(shown):
    page = shown(without_table(recorded("cross_entropy")))
    assert "construct it again" in page.locator("#missing").inner_text()
    assert not page.is_visible("#space")
    assert not page.is_visible("#ray")
    assert page.is_visible("#no-sample")
    result = results("cross_entropy")["valley"]
    page.select_option("#profile", "valley")
    to_lambda(page, 50)
    assert close(number(page, "objective"), result.objective[50])
    assert close(number(page, "scale"), result.scale[50])
    page.select_option("#profile", "own")
    assert "Refused. This record holds curves" in page.locator("#told").inner_text()


@pytest.mark.parametrize("points", [3, 11, 101])
def test_what_is_drawn_of_a_path_between_few_lambdas_never_rises(shown, points):
    """Also where the page has fewer lambdas than the record, and phases end between its own."""
    start, stop = (
        {"weight": torch.tensor([one], dtype=torch.float32)} for one in ((-2.0, -3.0), (0.25, 0.3))
    )
    inputs = torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
    data, model = (inputs, 0.3 * inputs.sum(1, keepdim=True)), nn.Linear(2, 1, bias=False)
    result = construct(model, Line(start, stop), data, points=points, profile="valley")
    route = result.record().routes[0]
    page = shown(Record((route,)))
    page.select_option("#profile", "valley")
    drawn = np.array(page.evaluate("state.path.points.map((p) => [p.lam, p.c, p.value])"))
    assert (np.diff(drawn[:, 2]) <= 1e-12 * drawn[0, 2]).all()
    wanted = joints(route, route.journeys["valley"])
    for phase, value in zip(route.journeys["valley"].phases, wanted[1:], strict=True):
        point = (phase.lam_stop, phase.scale_stop, value)
        assert np.isclose(drawn, point, rtol=1e-6, atol=1e-12).all(axis=1).any()
    for k, (_, _, value) in enumerate(drawn):  # as it travels, between lambdas of the page, too
        there = "(k) => { const p = state.path.points[k];"
        there += "return heightAt({ ...state, lam: p.lam, c: p.c, point: p }); }"
        assert page.evaluate(there, k) == value
