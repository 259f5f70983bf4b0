"""Targets of one's own are followed, or refused, as the library follows and refuses them."""

from collections.abc import Callable

import numpy as np
import pytest

from construction.errors import ConstructionError
from construction.theorem.construct import construct, with_profile
from construction.theorem.monotone import MonotonePath

from ..problems import left_start, through
from .moves import close, number, settled, to_lambda
from .records import recorded, results

pytestmark = pytest.mark.slow

KNOTS = np.linspace(0, 1, 11)


def own_targets(result: MonotonePath) -> list[np.ndarray]:
    """Targets above L(0) and L(W(1)) that fall in different ways."""
    start, floor = result.initial_objective, max(result.zero_objective, result.final_objective)
    return [floor + (start - floor) * (1 - 0.8 * KNOTS**power) for power in (0.5, 1.0, 3.0)]


def type_target(page, heights: np.ndarray) -> None:
    """Knot after knot, by the keyboard."""
    page.select_option("#profile", "own")
    page.focus("#curves")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    for height in heights[1:]:
        page.focus("#curves")
        page.keyboard.press("ArrowRight")
        page.fill("#knot", repr(float(height)))
        page.press("#knot", "Tab")
    settled(page)


def right_as_shown(page, name: str, wanted: float) -> bool:
    """To half of the last digit, of which there are six at least."""
    shown = page.locator(f"#number-{name}").inner_text()
    *_, digits = shown.partition(".")
    assert len(shown.strip("0.").replace(".", "")) >= 5
    return abs(float(shown) - wanted) <= 0.51 * 10.0 ** -len(digits)


def on_knots(heights: np.ndarray) -> Callable[[float], float]:
    return lambda lam: float(np.interp(lam, KNOTS, heights))


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_a_target_of_ones_own_is_followed_as_the_library_follows_it(shown, loss):
    result, page = next(iter(results(loss).values())), shown(recorded(loss))
    assert result.conditions.theorem_applies
    for heights in own_targets(result):
        type_target(page, heights)
        followed = with_profile(result, on_knots(heights))
        for k in (1, 40, 100):
            to_lambda(page, k)
            assert close(page.evaluate("state.c"), followed.scale[k]), k
            assert right_as_shown(page, "scale", followed.scale[k])
            assert close(number(page, "target"), followed.target[k])
        assert "the objective falls" in page.locator("#told").inner_text()


def test_a_target_is_drawn_by_a_stroke_of_the_pointer(shown):
    result, page = results("squared")["even"], shown(recorded("squared"))
    page.select_option("#profile", "own")
    box = page.locator("#curves").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 36)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 48, steps=9)
    page.mouse.up()
    settled(page)
    heights = np.array(page.evaluate("state.heights"))
    assert (np.diff(heights[3:8]) < 0).all()
    if not (np.diff(heights) < 0).all():
        assert "Refused" in page.locator("#told").inner_text()
        heights = np.minimum.accumulate(heights) - 1e-3 * KNOTS
        type_target(page, heights)
    followed = with_profile(result, on_knots(heights))
    to_lambda(page, 50)
    assert close(number(page, "scale"), followed.scale[50])


def test_an_emptied_height_leaves_the_target_as_it_was(shown):
    page = shown(recorded("squared"))
    page.select_option("#profile", "own")
    heights = page.evaluate("state.heights")
    page.fill("#knot", "")
    page.press("#knot", "Enter")
    settled(page)
    assert page.evaluate("state.heights") == heights
    assert float(page.input_value("#knot")) == pytest.approx(heights[5], rel=1e-5)


def refusal(result: MonotonePath, heights: np.ndarray) -> str:
    with pytest.raises(ConstructionError) as caught:
        with_profile(result, on_knots(heights))
    return str(caught.value)


def test_a_target_that_rises_or_ends_too_low_is_refused_in_the_librarys_words(shown):
    result, page = results("squared")["even"], shown(recorded("squared"))
    good = own_targets(result)[1]
    rising, low = good.copy(), good.copy()
    rising[4] = rising[3] * 1.5
    low[-1] = result.final_objective / 2
    for heights in (rising, low):
        type_target(page, heights)
        assert page.locator("#told").inner_text() == f"Refused. {refusal(result, heights)}"
        assert page.is_disabled("#play")


def test_a_target_below_the_least_of_a_ray_is_refused_in_the_words_of_the_solver(shown):
    result, page = results("squared")["even"], shown(recorded("squared"))
    least, k = float(result.minimum[50]), 50
    heights = np.interp(KNOTS, [0, 0.5, 1], [result.initial_objective, least * 0.9, least * 0.8])
    type_target(page, heights)
    told = page.locator("#told").inner_text()
    assert "Expected a scale at every lambda; found none at" in told
    assert "below what any rescaling reaches: use a higher profile." in told
    assert float(told.split("lambda = ")[1].split(". ")[0]) <= result.lam[k]


def test_where_the_outputs_vanish_a_target_is_refused_and_the_condition_fails_there(shown):
    path = construct(*through((-3.0, 0.0), (1.0, 0.0)), points=101, profile="valley")
    page = shown(path.record())
    page.select_option("#profile", "own")
    told = page.locator("#told").inner_text()
    assert "the first at lambda = 0.75. The scale changes nothing, as when all outputs" in told
    to_lambda(page, 75)
    assert page.locator("#live-condition-1").inner_text() == "here 0"
    page.select_option("#profile", "paper")
    assert "Refused. Expected condition 1" in page.locator("#told").inner_text()


def test_a_start_that_the_theorem_does_not_cover_is_followed_on_its_own_branch(shown):
    path = construct(*left_start(), points=101, profile="valley")
    page = shown(path.record())
    assert page.evaluate("state.profile") == "valley"
    page.select_option("#profile", "own")
    told = page.locator("#told").inner_text()
    assert "though Theorem 1 does not apply here" in told
    heights = page.evaluate("state.heights")
    to_lambda(page, 50)
    sheet, c = path.sheet.at(50), number(page, "scale")
    assert c <= float(sheet.best_scale[0])
    assert close(float(sheet.value(c)[0]), np.interp(0.5, KNOTS, heights))
