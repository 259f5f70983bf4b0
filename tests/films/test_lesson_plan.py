"""The lesson plan of an hour has a note for every section of its films, and no other."""

import pytest

from construction.lecture.plan import read_plan

from .conftest import FILMS

CHAPTERS = {chapter.film: chapter for chapter in read_plan().chapters}


def test_every_film_is_a_chapter_of_the_hour():
    assert set(CHAPTERS) == set(FILMS)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILMS)
def test_every_section_has_a_note_and_no_note_is_without_a_section(seen, name):
    sections = list(dict.fromkeys(shot.section for shot in seen(name).shots))
    assert sections == list(CHAPTERS[name].notes)
