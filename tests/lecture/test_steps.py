"""Steps of films: pictures, captions in their own time; the page of contents; WebVTT."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import numpy as np
import pytest
import srt
from PIL import Image

from construction.errors import InputError
from construction.explore.page import page_of
from construction.lecture import pages
from construction.lecture.pages import NOTEBOOKS, write_contents
from construction.lecture.steps import steps_of, write_still, write_vtt

from ..explore.records import recorded
from .conftest import CAPTIONS, SECTIONS, SIZE, write_clip


def test_a_step_is_a_section_with_its_last_picture(lecture):
    assert [step.name for step in lecture.steps] == [
        "path.network",
        "path.second-road",
        "ray.over-c",
    ]
    for step, (_, _, seconds, _, last) in zip(lecture.steps, SECTIONS, strict=True):
        with Image.open(step.still) as picture:
            assert picture.size == SIZE
            assert abs(np.asarray(picture).astype(int) - last).max() <= 3
        assert step.seconds == seconds
        assert step.video.exists()


def test_captions_are_in_the_time_of_their_section_and_end_with_it(lecture):
    first, second, third = (step.cues for step in lecture.steps)
    assert first == ((0.5, 1.0, "First & <best>."),)
    ((start, stop, words),) = second
    assert (start, stop) == pytest.approx((0.2, 1.3))
    assert words == "Then the second."
    assert third == ()


def test_what_the_lecturer_reads_is_what_there_is(lecture):
    assert lecture.steps[0].notes == {
        "Say": "Say </script> this.",
        "Here": "It falls.",
        "Ask": "Why?",
        "Answer": "Because.",
        "Goes wrong": "Never.",
        "Captions": "First & <best>.",
    }
    assert lecture.steps[1].notes == {"Captions": "Then the second."}
    assert lecture.steps[2].notes == {"Say": "And this."}


def test_of_another_run_the_notes_do_not_say_what_is_seen(lecture):
    chapter = lecture.plan.chapters[0]
    assert chapter.telling(None) is chapter.telling("mnist-mlp") is chapter
    films, stills = lecture.folder / "films", lecture.folder / "others"
    first, _ = steps_of(chapter.telling("mine.npz"), films, stills)
    assert first.chapter.run == "mine.npz"
    assert first.notes.keys() == lecture.steps[0].notes.keys() - {"Here"}


def test_a_note_of_no_section_is_refused_with_those_that_there_are(lecture, tmp_path):
    chapter = lecture.plan.chapters[0]
    notes = {**chapter.notes, "netwrok": chapter.notes["network"]}
    with pytest.raises(InputError, match=r"second-road, .*; found \[path.netwrok\] in the plan"):
        list(steps_of(replace(chapter, notes=notes), lecture.folder / "films", tmp_path))
    notes = {**chapter.notes, "detour": chapter.notes["network"]}  # which other records have
    assert list(steps_of(replace(chapter, notes=notes), lecture.folder / "films", tmp_path))


def test_a_still_is_taken_again_when_its_video_is_younger(tmp_path):
    video, still = tmp_path / "a.mp4", tmp_path / "a.png"
    write_clip(video, 1.0, 0, 100)
    write_still(video, still)
    taken = still.stat().st_mtime_ns
    write_still(video, still)
    assert still.stat().st_mtime_ns == taken
    write_clip(video, 1.0, 0, 200)
    write_still(video, still)
    with Image.open(still) as picture:
        assert abs(picture.getpixel((5, 5))[0] - 200) <= 3


def test_webvtt_has_the_times_and_words_of_the_captions(tmp_path):
    (tmp_path / "a.srt").write_text(CAPTIONS)
    lines = write_vtt(tmp_path / "a.srt").read_text().splitlines()
    assert lines[:2] == ["WEBVTT", ""]
    stamps = [line for line in lines if "-->" in line]
    pattern = r"(\d\d):(\d\d):(\d\d)\.(\d{3})"
    for line, cue in zip(stamps, srt.parse(CAPTIONS), strict=True):
        for found, wanted in zip(re.findall(pattern, line), (cue.start, cue.end), strict=True):
            hours, minutes, seconds, thousandths = map(int, found)
            assert wanted == timedelta(
                hours=hours, minutes=minutes, seconds=seconds, milliseconds=thousandths
            )
    assert "First &amp; &lt;best&gt;." in lines


class Links(HTMLParser):
    """What a page links to, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found, self.words = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.words += data


def test_the_page_of_contents_links_to_what_is_there(lecture):
    record = recorded("squared")
    write_contents(lecture.plan.title, lecture.steps, lecture.folder, {"two & more": record})
    page = Links((lecture.folder / "index.html").read_text())
    assert {"films/path.mp4", "films/path.srt", "films/ray.mp4", "handout.pdf"} <= set(page.found)
    assert "films/ray.srt" not in page.found
    assert {f"deck.html#{step.name}" for step in lecture.steps} <= set(page.found)
    notebooks = {f"notebooks/{path.name}" for path in NOTEBOOKS.glob("*.ipynb")}
    assert len(notebooks) == 3
    assert {*notebooks, "explorer-two & more.html"} <= set(page.found)
    whole = {"deck.html", "deck.pptx", "handout.pdf"}
    for link in page.found:
        place = link.partition("#")[0]
        assert place in whole or (lecture.folder / place).is_file()
    assert (lecture.folder / "explorer-two & more.html").read_text() == page_of(record)
    assert "Two & three" in page.words
    assert "3.5 minutes by the lesson plan" in page.words


def test_what_a_student_wrote_stays_and_folders_can_be_written(tmp_path, monkeypatch):
    installed, folder = tmp_path / "installed", tmp_path / "lecture" / "notebooks"
    installed.mkdir()
    for name in ("answered.ipynb", "new.ipynb", ".hidden.ipynb"):
        (installed / name).write_text("...")
    installed.chmod(0o555)
    folder.mkdir(parents=True)
    (folder / "answered.ipynb").write_text("42")
    monkeypatch.setattr(pages, "NOTEBOOKS", installed)
    for _ in range(2):
        write_contents("Twice", [], folder.parent, {})
        assert (folder / "answered.ipynb").read_text() == "42"
        assert (folder / "new.ipynb").read_text() == "..."
        assert len(list(folder.iterdir())) == 2
        assert folder.stat().st_mode & 0o200
    installed.chmod(0o755)


def test_the_deck_is_one_file_that_asks_for_nothing(lecture, deck):
    page = deck.read_text()
    assert "default-src 'none'" in page
    assert Links(page).found == []
    assert "http" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).replace(
        "http-equiv", ""
    )
    assert "<!--" not in page
    assert page.count("</script>") == len(lecture.steps) + 2  # words of the plan end none
