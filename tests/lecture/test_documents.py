"""Slides and handout, read back, and looked at as a person would."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pptx import Presentation

from construction.lecture.documents import require_formulas, write_handout, write_slides
from construction.lecture.plan import read_plan

from .conftest import SECTIONS, SIZE


@pytest.fixture(scope="module")
def slides(lecture) -> Path:
    place = lecture.folder / "deck.pptx"
    write_slides(lecture.steps, place)
    return place


@pytest.fixture(scope="module")
def handout(lecture) -> Path:
    place = lecture.folder / "handout.pdf"
    write_handout(lecture.plan.title, lecture.steps, place)
    return place


def ran(program: str, *arguments: str, folder: Path) -> str:
    """What a program prints; the test is skipped where it is missing."""
    if shutil.which(program) is None:
        pytest.skip(f"no {program} on PATH")
    command = [program, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_a_slide_holds_a_step_its_film_and_its_notes(lecture, slides):
    deck = Presentation(str(slides))
    assert deck.slide_width / deck.slide_height == pytest.approx(SIZE[0] / SIZE[1], rel=1e-3)
    for slide, step in zip(deck.slides, lecture.steps, strict=True):
        (film,) = (
            shape
            for shape in slide.shapes
            if shape.shape_type is not None and shape.name == step.name
        )
        assert (film.left, film.top) == (0, 0)
        assert (film.width, film.height) == (deck.slide_width, deck.slide_height)
        parts = [one.target_part for one in slide.part.rels.values() if "media" in one.reltype]
        assert parts[0].blob == step.video.read_bytes()
        assert film.poster_frame.blob == step.still.read_bytes()
        assert slide.shapes.title.text_frame.text == step.note.title
        spoken = slide.notes_slide.notes_text_frame.text.splitlines()
        assert spoken == [
            f"{step.note.title} · {step.note.minutes:g} min",
            *(f"{kind}: {text}" for kind, text in step.notes.items()),
        ]
        (condition,) = slide.element.xpath(".//p:video//p:cond")
        assert condition.get("delay") == "0"


@pytest.mark.slow
def test_slides_open_elsewhere_and_show_the_last_pictures(slides, tmp_path):
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    ran("soffice", profile, "--headless", "--convert-to", "pdf", str(slides), folder=tmp_path)
    ran("pdftoppm", "-r", "20", "-png", "deck.pdf", "page", folder=tmp_path)
    pages = sorted(tmp_path.glob("page-*.png"))
    for page, (*_, last) in zip(pages, SECTIONS, strict=True):
        with Image.open(page) as picture:
            seen = np.asarray(picture.convert("L")).astype(int)
        assert np.median(np.abs(seen - last)) < 6
        assert seen.shape[1] / seen.shape[0] == pytest.approx(SIZE[0] / SIZE[1], rel=0.02)


def test_the_handout_has_pictures_questions_formulas_but_no_answers(lecture, handout):
    words = ran("pdftotext", str(handout), "-", folder=lecture.folder)
    for line in ("Two & three", "A second film", "One <step>", "Why?", "First & <best>.", "Three"):
        assert line in words
    assert "Because." not in words
    assert "And this." not in words
    assert "\U0001d450" in words  # the c of the formula, in mathematical italics
    listed = ran("pdfimages", "-list", str(handout), folder=lecture.folder)
    assert sum(" image " in line for line in listed.splitlines()) == len(lecture.steps)


def test_for_print_the_handout_takes_light_pictures_where_there_are_some(lecture, tmp_path):
    dark, *others = lecture.steps
    Image.new("RGB", SIZE, "white").save(tmp_path / "white.png")
    light = type(dark)(**{**vars(dark), "light": tmp_path / "white.png"})
    write_handout("Light", [light, *others], tmp_path / "handout.pdf")
    ran("pdfimages", "-png", "handout.pdf", "image", folder=tmp_path)
    shades = []
    for place in sorted(tmp_path.glob("image-*.png")):
        with Image.open(place) as picture:
            shades.append(float(np.median(np.asarray(picture.convert("L")))))
    assert shades == pytest.approx([255, SECTIONS[1][4], SECTIONS[2][4]], abs=3)


def test_every_formula_of_the_packages_own_plan_can_be_set(lecture, tmp_path):
    chapters = read_plan().chapters
    require_formulas(chapters)
    notes = [note for chapter in chapters for note in chapter.notes.values() if note.formula]
    assert len(notes) > 20
    step = lecture.steps[0]
    steps = [type(step)(**{**vars(step), "note": note}) for note in notes]
    write_handout("Formulas", steps, tmp_path / "handout.pdf")
    words = ran("pdftotext", "handout.pdf", "-", folder=tmp_path)
    assert words.count("First & <best>.") == len(notes)
