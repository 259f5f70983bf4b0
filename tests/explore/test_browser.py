"""The page as a person meets it, in Chromium: its numbers are the library's."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from construction.errors import ConditionError, ConstructionError
from construction.explore.page import page_of
from construction.record.record import Record
from construction.theorem.construct import assess, construct, measure, with_profile
from construction.theorem.monotone import MonotonePath

from ..problems import barrier, left_start, right_start, through, trained
from .records import PROFILES, large, recorded, results, without_table

pytestmark = pytest.mark.slow

KNOTS = np.linspace(0, 1, 11)


@pytest.fixture
def shown(opened, tmp_path) -> Callable:
    """Opens the page of a record, once it is drawn."""

    def show(record: Record, **options):
        place = tmp_path / "page.html"
        place.write_text(page_of(record), encoding="utf-8")
        page = opened(place, **options)
        page.wait_for_selector("body[data-ready]")
        return page

    return show


def settled(page) -> None:
    """Until what was asked for last is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def number(page, name: str) -> float:
    """As a person reads it."""
    text = page.locator(f"#number-{name}").inner_text()
    return float(text.replace("−", "-").replace("∞", "inf"))


def to_lambda(page, k: int) -> None:
    """By the slider's own keys."""
    page.focus("#lambda")
    page.keyboard.press("Home")
    for _ in range(k):
        page.keyboard.press("ArrowRight")
    settled(page)


def close(found: float, wanted: float) -> bool:
    return found == wanted or abs(found - wanted) <= 1e-6 * abs(wanted)


# --- its numbers -------------------------------------------------------------------------------


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
    if not result.conditions.theorem_applies:
        pytest.skip("the theorem does not apply to this problem")
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


# --- pointers, keys, sizes ------------------------------------------------------------------------


def test_the_dot_is_dragged_on_the_sheet_and_holds_on_to_the_path(shown):
    page, sheet = shown(recorded("squared")), results("squared")["even"].sheet
    box = page.locator("#map").bounding_box()

    def drag(x: float, y: float) -> None:
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
        page.mouse.up()
        settled(page)

    drag(0.7 * box["width"], 0.75 * box["height"])
    lam, c = page.evaluate("[state.lam, state.c]")
    k = int(np.searchsorted(sheet.lam, lam))
    assert sheet.lam[k] == lam
    assert 0.5 < lam < 0.9
    assert not page.is_checked("#follow")
    assert close(number(page, "objective"), float(sheet.at(k).value(c)[0]))
    x, y = page.evaluate(
        "[drawnMap.x.pixel(0.4), drawnMap.y.pixel(pointAt(state.path.points, 0.4).c) + 5]"
    )
    drag(x, y)
    assert page.is_checked("#follow")
    assert close(number(page, "scale"), results("squared")["even"].scale[40])


def test_the_sheet_in_space_turns_and_its_dot_is_dragged(shown):
    page = shown(recorded("squared"))
    box = page.locator("#space").bounding_box()
    before = page.evaluate("[view.turn, state.lam]")
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] - 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + box["height"] - 20, steps=4)
    page.mouse.up()
    settled(page)
    after = page.evaluate("[view.turn, state.lam]")
    assert after[0] != before[0]
    assert after[1] == before[1]
    x, y = page.evaluate("drawnSpace.dot.slice(0, 2)")
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + x + 60, box["y"] + y + 10, steps=4)
    page.mouse.up()
    settled(page)
    assert page.evaluate("state.lam") != before[1]
    page.focus("#space")
    page.keyboard.press("ArrowLeft")
    settled(page)
    assert page.evaluate("view.turn") != after[0]


def test_a_finger_drags_what_a_mouse_does(shown):
    page = shown(recorded("squared"), width=390, height=844, has_touch=True, is_mobile=True)
    page.evaluate("document.getElementById('map').scrollIntoView({ block: 'center' })")
    box, finger = page.locator("#map").bounding_box(), page.context.new_cdp_session(page)
    before, seen = page.evaluate("scrollY"), []
    for kind, share in (("touchStart", 0.5), ("touchMove", 0.6), ("touchMove", 0.8)):
        place = {"x": box["x"] + share * box["width"], "y": box["y"] + share * box["height"]}
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
        settled(page)
        seen.append(page.evaluate("[state.lam, state.c]"))
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    (first, c), *_, (last, lower) = seen
    assert last > first + 0.2
    assert lower < c
    assert page.evaluate("scrollY") == before


def test_every_control_is_reached_by_the_keyboard_and_shows_its_focus(shown):
    page = shown(recorded("squared"))
    page.select_option("#profile", "own")
    reached, outlined = [], []
    page.evaluate("document.body.focus()")
    for _ in range(30):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.id, getComputedStyle(document.activeElement).outlineWidth]"
        )
        reached.append(name)
        if name:
            outlined.append(outline)
    for name in ("profile", "lambda", "scale", "follow", "play", "knot", "again", "map", "space"):
        assert name in reached
    assert set(outlined) == {"3px"}


def test_the_arrow_keys_move_the_dot_on_the_map(shown):
    page, result = shown(recorded("squared")), results("squared")["even"]
    to_lambda(page, 10)
    page.focus("#map")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    settled(page)
    assert number(page, "lambda") == pytest.approx(0.21)
    assert close(number(page, "scale"), result.scale[21])
    page.keyboard.press("ArrowUp")
    settled(page)
    assert not page.is_checked("#follow")
    assert number(page, "scale") > result.scale[21]


def test_the_path_is_travelled_by_itself_to_its_end(shown):
    page, result = shown(recorded("squared")), results("squared")["even"]
    page.click("#play")
    seen = []
    while page.evaluate("playing > 0") and len(seen) < 200:
        seen.append(page.evaluate("[state.lam, state.point.value]"))
        page.wait_for_timeout(100)
    lams, values = np.array(seen[1:]).T
    assert len(seen) > 20
    assert (np.diff(lams) >= 0).all()
    assert (np.diff(values) <= 0).all()
    settled(page)
    assert close(number(page, "objective"), result.final_objective)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (390, 844), (768, 1024)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_leaves_the_page_sideways_in_any_size(shown, width, height, scheme):
    page = shown(recorded("squared"), width=width, height=height, color_scheme=scheme)
    for profile in ("own", *PROFILES):
        page.select_option("#profile", profile)
        settled(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
    sizes = page.evaluate(
        "[...document.querySelectorAll('p, td, figcaption, summary, label')]"
        ".map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 13


#: Notes the boxes of all words and the middles of all dots of the ray.
NOTED = """() => {
    window.noted = { words: [], dots: [] };
    const { words, dot, begin } = Picture.prototype;
    const ray = (picture) => picture.canvas.id === "ray";
    Picture.prototype.begin = function () {
        if (ray(this)) window.noted = { words: [], dots: [] };
        begin.call(this);
    };
    Picture.prototype.words = function (text, x, y, colour, align = "left") {
        words.call(this, text, x, y, colour, align);
        const wide = this.pen.measureText(text).width;
        const left = x - wide * { left: 0, center: 0.5, right: 1 }[align];
        if (ray(this)) window.noted.words.push([text, left, y - 10, left + wide, y + 2]);
    };
    Picture.prototype.dot = function (place, ...rest) {
        dot.call(this, place, ...rest);
        if (ray(this)) window.noted.dots.push(place);
    };
}"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_names_on_the_ray_cover_neither_each_other_nor_a_dot(shown, loss, width):
    page = shown(recorded(loss), width=width, height=844)
    page.evaluate(NOTED)
    looked = 0
    for profile in results(loss):
        page.select_option("#profile", profile)
        for k in range(0, 101, 10):
            page.evaluate(f"moveTo(state.sheet.lam[{k}])")
            settled(page)
            noted = page.evaluate("noted")
            assert {"L(0)", "c(λ)"} <= {text for text, *_ in noted["words"]}
            for n, (text, *box) in enumerate(noted["words"]):
                for other, *its in noted["words"][:n]:
                    apart = box[0] >= its[2] or its[0] >= box[2] or box[1] >= its[3]
                    assert apart or its[1] >= box[3], (profile, k, text, other)
                for x, y in noted["dots"]:
                    covers = box[0] < x < box[2] and box[1] < y < box[3]
                    assert not covers, (profile, k, text)
                looked += 1
    assert looked > 100


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768)])
def test_all_of_a_sample_of_eight_is_seen_without_scrolling(shown, width, height):
    page = shown(large("squared"), width=width, height=height)
    box = page.locator("#sample-text").bounding_box()
    assert box["y"] + box["height"] <= height


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_words_have_contrast(shown, scheme):
    page = shown(recorded("squared"), color_scheme=scheme)
    colours = page.evaluate("colours()")
    ground = luminance(colours.pop("background"))
    assert (ground > 0.5) == (scheme == "light")
    for role in ("ink", "dim", "empirical", "constructed", "level", "zero"):
        low, high = sorted([luminance(colours[role]), ground])
        assert (high + 0.05) / (low + 0.05) >= 4.5, role


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
