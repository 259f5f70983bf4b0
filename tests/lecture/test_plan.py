"""Lesson plans: the package's own, and what is refused of a user's."""

import re

import pytest

from construction.errors import InputError
from construction.experiments.kept import SHIPPED, from_file
from construction.experiments.table import EXPERIMENTS
from construction.experiments.trajectory.words import trained
from construction.lecture.plan import OWN, read_plan

from .conftest import PLAN


def test_the_packages_own_plan_is_an_hour_in_which_the_class_is_asked():
    plan = read_plan()
    notes = [note for chapter in plan.chapters for note in chapter.notes.values()]
    assert sum(note.minutes for note in notes) == 60
    assert all(note.minutes > 0 and note.say for note in notes)
    assert all(bool(note.ask) == bool(note.answer) for note in notes)
    assert sum(bool(note.ask) for note in notes) > 30
    assert {chapter.run for chapter in plan.chapters} <= set(EXPERIMENTS)


def test_what_it_says_of_the_angles_of_training_is_what_was_measured():
    (chapter,) = (one for one in read_plan().chapters if one.film == "trajectory")
    said = "below 90 degrees, least so for batches of a few samples."
    assert chapter.notes["verdict"].seen.endswith(said)
    measured = trained(from_file(SHIPPED / "trajectory.npz"))
    angles = {one.label: one.angle for one in measured.values()}
    assert max(angles, key=angles.__getitem__) == "SGD, batches of 10"
    assert all(angle < 90 for angle in angles.values())


def test_its_words_hold_no_number_that_a_record_decides():
    for chapter in read_plan().chapters:
        for note in chapter.notes.values():
            words = " ".join((note.say, note.seen, note.ask, note.answer, note.wrong))
            assert not re.findall(r"\d\.\d|\d\s*%", words)


def test_a_section_without_a_note_has_its_name(lecture):
    assert lecture.plan.chapters[0].note("second-road").title == "Second road"
    assert lecture.plan.chapters[0].note("network").title == "One <step>"


def refused(tmp_path, text: str) -> str:
    place = tmp_path / "plan.toml"
    place.write_text(text)
    with pytest.raises(InputError) as error:
        read_plan(place)
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("minutes = 2", "", "in [path.network] of the plan, as words; found no minutes. "),
        ("minutes = 2", "minutes = '2'", "of the plan, as words; found minutes = '2'. "),
        ("minutes = 2", "minutes = true", "of the plan, as words; found minutes = True. "),
        ("minutes = 2", "minutes = -2", "of the plan, as words; found minutes = -2. "),
        ("minutes = 2", "minutes = nan", "of the plan, as words; found minutes = nan. "),
        (
            "minutes = 2",
            "minutes = 2\nsecond = 3",
            "title, minutes (a number from 0 on), say, seen",
        ),
        ('ask = "Why?"', "ask = 3", "in [path.network] of the plan, as words; found ask = 3. "),
        ('run = "mnist-mlp"', "", "Expected title, run in [path] of the plan, as words; found no "),
        (PLAN, "path = 3", "Expected title, run in [path] of the plan, as words; found no title."),
        ("[path]", "[path", "Expected a lesson plan in TOML at "),
        (PLAN, "title = 'nothing'", "Expected a lesson plan with films; found none in "),
    ],
)
def test_a_plan_that_is_none_is_refused_with_the_place(tmp_path, old, new, said):
    message = refused(tmp_path, PLAN.replace(old, new, 1))
    assert said in message
    assert "Error" not in message


def test_a_plan_that_is_not_there_is_refused_with_where_one_is(tmp_path):
    with pytest.raises(InputError, match=re.escape(str(OWN))):
        read_plan(tmp_path / "none.toml")
