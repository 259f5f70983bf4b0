"""Pointers, fingers and keys move what they say."""

import numpy as np
import pytest

from .moves import close, number, settled, to_lambda
from .records import recorded, results

pytestmark = pytest.mark.slow


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
