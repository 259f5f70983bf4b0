"""The lecture of the package itself, all films drawn as small as can be: what a lecturer opens."""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from construction import __main__ as command
from construction.commands.options import QUALITIES
from construction.experiments.kept import record_path
from construction.lecture.plan import read_plan
from scenes.source import DEFAULT_RUN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # the first test draws all films
    pytest.mark.xdist_group("whole lecture"),
]

SIZE = (160, 90)


@pytest.fixture(scope="module")
def hour(film_record, tmp_path_factory) -> Path:
    """The folder of a lecture, of a small network trained here and of the shipped records."""
    folder = tmp_path_factory.mktemp("hour")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSTRUCTION_CACHE", str(folder / "cache"))
        patch.setenv("CONSTRUCTION_THEME", "dark")  # which the command changes
        patch.delenv("CONSTRUCTION_RUN", raising=False)
        patch.setenv("PYTHONPATH", os.getcwd())
        patch.setitem(QUALITIES, "l", (*SIZE, 2))
        place = record_path(DEFAULT_RUN)
        place.parent.mkdir(parents=True)
        shutil.copy(film_record, place)
        out = folder / "hour"
        assert command.main(["lecture", "--quality", "l", "--jobs", "2", "--out", str(out)]) == 0
    return out


def test_every_step_of_the_deck_plays_to_its_end_forth_and_back(hour, opened):
    sections = [f"{one.film}.{section}" for one in read_plan().chapters for section in one.notes]
    page = opened(hour / "deck.html", 640, 360)
    page.evaluate("document.getElementById('tools').style.display = 'none'")
    steps = page.evaluate("deck.steps.map((step) => step.name)")
    assert steps == sections
    page.keyboard.press("c")  # no captions over what is compared
    for k in range(len(steps)):
        ends(page, k, hour)
        page.keyboard.press("ArrowRight")
    for k in reversed(range(len(steps) - 1)):
        page.keyboard.press("ArrowLeft")
        ends(page, k, hour)


def ends(page, step: int, hour: Path) -> None:
    """See that a step comes to its end, and that its last picture is the one that is kept of it."""
    shown = "() => deck.at === %d && document.querySelector('video.on') === deck.films.get(%d)"
    page.wait_for_function(shown % (step, step))
    video = "document.querySelector('video.on')"
    page.wait_for_function(f"() => {video}.currentTime > 0")
    if not page.evaluate(f"{video}.ended"):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => {video}.ended && !{video}.seeking")
    film, section = page.evaluate("deck.steps[deck.at].name").split(".")
    (still,) = (hour / "stills").glob(f"{film}-*-{section}.png")
    for _ in range(30):  # a busy machine paints late
        with Image.open(io.BytesIO(page.screenshot())) as seen, Image.open(still) as kept:
            pictures = [np.asarray(one.convert("L").resize(SIZE), float) for one in (seen, kept)]
        apart = np.abs(pictures[0] - pictures[1]).mean()
        if apart < 6:
            break
        page.wait_for_timeout(100)
    assert apart < 6, (film, section)


def test_the_handout_is_of_light_pictures_of_all_steps(hour, tmp_path):
    if shutil.which("pdfimages") is None:
        pytest.skip("no pdfimages on PATH")
    subprocess.run(["pdfimages", "-png", hour / "handout.pdf", tmp_path / "image"], check=True)
    pictures = sorted(tmp_path.glob("image-*.png"))
    assert len(pictures) == len(list((hour / "stills").glob("*.png")))
    for place in pictures:
        with Image.open(place) as picture:
            assert np.median(np.asarray(picture.convert("L"))) > 230, place


def test_all_that_the_contents_name_is_there_and_the_explorer_opens(hour, opened):
    page = opened(hour / "index.html")
    links = page.eval_on_selector_all("a", "all => all.map((one) => one.getAttribute('href'))")
    assert all((hour / re.sub("#.*", "", link)).is_file() for link in links)
    (explorer,) = hour.glob("explorer-*.html")
    assert explorer.name in links
    opened(explorer).wait_for_selector("body[data-ready]")
