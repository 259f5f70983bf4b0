"""The deck in a browser, as the one sees it who stands in front of the class."""

import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from construction.lecture.pages import write_deck

from .conftest import SECTIONS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

TITLES = ["One <step>", "Second road", "Three"]
LAST = [last for *_, last in SECTIONS]


def at(page) -> int:
    return page.evaluate("deck.at")


def shade(page) -> int:
    """The grey in the middle of what is seen."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        middle = np.asarray(picture.convert("L").resize((9, 9)))[4, 4]
    return int(middle)


def shows(page, step: int, *, still: bool) -> None:
    """Wait for a step: at its end and at rest, or playing."""
    page.wait_for_function(
        """([step, still]) => {
            const video = document.querySelector("video.on");
            return deck.at === step && video === deck.films.get(step) && !video.seeking
                && (still ? video.ended : !video.paused || video.ended);
        }""",
        arg=[step, still],
    )


def ends(page, step: int) -> None:
    """Wait until a step is at its end, and see that its last frame is what is seen."""
    shows(page, step, still=True)
    page.wait_for_timeout(100)
    assert abs(shade(page) - LAST[step]) < 12


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768), (390, 700)])
def test_every_film_plays_forth_and_back_shows_last_frames(opened, deck, size):
    page = opened(deck, *size)
    for step in range(3):
        shows(page, step, still=False)
        ends(page, step)  # it has played to its end by itself
        page.keyboard.press("ArrowRight")
    assert at(page) == 2
    for step in (1, 0):
        page.keyboard.press("ArrowLeft")
        ends(page, step)
    page.keyboard.press("ArrowLeft")
    assert at(page) == 0


def test_forward_goes_to_the_end_of_a_film_first(opened, deck):
    page = opened(deck)
    page.keyboard.press("End")
    ends(page, 2)
    page.keyboard.press("Home")
    shows(page, 0, still=False)
    page.keyboard.press("PageDown")
    assert at(page) == 0
    ends(page, 0)
    page.keyboard.press("PageDown")
    shows(page, 1, still=False)
    page.keyboard.press("p")
    assert page.evaluate("document.querySelector('video.on').paused")
    page.keyboard.press("r")
    shows(page, 1, still=False)
    page.keyboard.press("b")
    assert shade(page) == 0


def test_captions_are_those_of_the_step_and_can_be_hidden(opened, deck):
    page = opened(deck)
    cues = "[...document.querySelector('video.on').textTracks[0].activeCues].map(c => c.text)"
    page.wait_for_function(f"() => document.querySelector('video.on') && {cues}.length")
    assert page.evaluate(cues) == ["First & <best>."]
    mode = "document.querySelector('video.on').textTracks[0].mode"
    assert page.evaluate(mode) == "showing"
    page.keyboard.press("c")
    assert page.evaluate(mode) == "hidden"


def test_notes_have_words_clock_and_the_next_picture_and_drive_the_deck(opened, deck):
    page = opened(deck)
    ends(page, 0)
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value
    words = notes.inner_text("body")
    assert "1 / 3 · One <step>" in words
    for line in ("Say: Say </script> this.", "Ask: Why?", "Answer: Because.", "Goes wrong: Never."):
        assert line in words
    assert "this step ends at 2:00" in words
    assert "next: Second road" in words
    pictures = notes.eval_on_selector_all("img", "all => all.map(one => one.src)")
    assert pictures == page.evaluate("deck.steps.slice(0, 2).map(step => step.still)")
    assert notes.inner_text("#clock") == "0:00"
    notes.keyboard.press("ArrowRight")
    shows(page, 1, still=False)
    notes.wait_for_function("() => document.getElementById('clock').textContent === '0:01'")
    assert notes.inner_text("h1") == "2 / 3 · Second road"
    notes.get_by_text("clock to 0:00").click()
    notes.wait_for_function("() => document.getElementById('clock').textContent === '0:00'")
    notes.get_by_text("back").click()
    ends(page, 0)
    page.keyboard.press("End")
    ends(page, 2)
    assert len(notes.query_selector_all("img")) == 1  # nothing follows


def test_fingers_tap_and_swipe(opened, deck):
    page = opened(deck, 800, 600, has_touch=True)
    ends(page, 0)
    page.touchscreen.tap(600, 300)
    shows(page, 1, still=False)
    page.touchscreen.tap(600, 300)
    ends(page, 1)
    page.touchscreen.tap(60, 300)
    ends(page, 0)
    fingers = page.context.new_cdp_session(page)

    def swipe(start: int, stop: int) -> None:
        for kind, points in (("Start", [start]), ("Move", [stop]), ("End", [])):
            touches = [{"x": x, "y": 300} for x in points]
            fingers.send(
                "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": touches}
            )

    swipe(150, 30)
    shows(page, 1, still=False)
    swipe(600, 750)
    ends(page, 0)


def test_the_overview_has_every_step_and_leads_there(opened, deck):
    page = opened(deck)
    page.keyboard.press("o")
    assert page.inner_text("#overview h2 >> nth=1") == "A second film"
    assert [one.split(" · ")[1] for one in page.locator(".step span").all_inner_texts()] == TITLES
    page.keyboard.press("ArrowRight")  # moves no film behind it
    assert at(page) == 0
    page.keyboard.press("Escape")
    assert page.locator("#overview").is_hidden()
    page.keyboard.press("o")
    page.locator(".step").nth(2).click()
    ends(page, 2)
    assert page.locator("#overview").is_hidden()
    assert page.url.endswith("#ray.over-c")


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768), (390, 700)])
def test_tools_stand_within_the_page_and_do_what_they_say(opened, deck, size):
    page = opened(deck, *size)
    page.mouse.move(100, 300)
    for button in page.locator("#tools button").all():
        box = button.bounding_box()
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1] / 3
    page.get_by_role("button", name="overview").click()
    assert page.locator("#overview").is_visible()


def test_a_link_leads_to_its_step(opened, deck):
    page = opened(deck)
    page.goto(f"{deck.as_uri()}#path.second-road")
    shows(page, 1, still=False)


def test_two_steps_back_at_once_are_two_steps(opened, deck):
    page = opened(deck)
    shows(page, 0, still=False)
    page.evaluate("async () => { await go(2, true); go(1, true); }")  # before the address is told
    ends(page, 1)
    page.wait_for_timeout(300)
    assert at(page) == 1


def test_who_asks_for_less_motion_sees_last_frames(opened, deck):
    page = opened(deck, reduced_motion="reduce")
    ends(page, 0)
    page.keyboard.press("ArrowRight")
    ends(page, 1)
    assert page.evaluate("[...deck.films.values()].every(video => !video.played.length)")


def test_a_film_that_the_browser_cannot_play_leaves_its_last_picture(opened, lecture, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    steps = [type(step)(**{**vars(step), "video": broken}) for step in lecture.steps]
    write_deck("Broken", steps, tmp_path / "deck.html")
    page = opened(tmp_path / "deck.html")
    page.wait_for_function("() => document.querySelector('video.on')?.error")
    assert abs(shade(page) - LAST[0]) < 12
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => deck.at === 1")


def test_printed_it_has_every_picture_and_all_notes(opened, deck, tmp_path):
    page = opened(deck)
    page.pdf(path=tmp_path / "deck.pdf", format="A4")
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on PATH, which reads PDFs")
    command = ["pdftotext", "-layout", str(tmp_path / "deck.pdf"), "-"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in [*TITLES, "A first film", "Say </script> this.", "Because.", "And this."]:
        assert line in words
    command = ["pdfimages", "-list", str(tmp_path / "deck.pdf")]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert sum(" image " in line for line in listed.splitlines()) == 3
