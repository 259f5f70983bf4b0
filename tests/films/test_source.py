"""A scene finds its record, makes it, or says what is wrong."""

from dataclasses import replace

import pytest

from construction.errors import InputError, RecordError
from construction.experiments.kept import SHIPPED, record_path
from construction.experiments.path.settings import Experiment
from construction.experiments.table import EXPERIMENTS
from construction.files import archive
from construction.record.record import Record
from construction.sheet.sheet import RecordedSheet
from construction.training.recipe import Recipe
from scenes import source


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))


def test_a_file_is_read_as_it_is(film_record, monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_RUN", str(film_record))
    opened, own = [], archive.read
    monkeypatch.setattr(archive, "read", lambda *x: opened.append(x) or own(*x))
    assert [route.name for route in source.record().routes] == ["line", "detour"]
    assert len(opened) == 1 + 1  # for its kind, and whole


def test_a_file_of_another_kind_is_refused(film_record, monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_RUN", str(film_record))
    with pytest.raises(InputError, match=r"like that of 'proposition-1'; found '.*', which is of"):
        source.findings("proposition-1")
    monkeypatch.setenv("CONSTRUCTION_RUN", str(SHIPPED / "proposition-1.npz"))
    with pytest.raises(InputError, match=r"like that of 'mnist-mlp'; found '.*', which is of"):
        source.record()


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTRUCTION_RUN", str(tmp_path / "none.npz"))
    with pytest.raises(RecordError, match=r"none\.npz; found no such file"):
        source.record()


def test_an_unknown_name_is_answered_with_the_names(monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_RUN", "mnist-mlpp")
    with pytest.raises(InputError, match="'mnist-mlp'"):
        source.record()


def test_a_cached_run_is_read_without_computing(film_record, monkeypatch):
    monkeypatch.setitem(EXPERIMENTS, "cached", Experiment("cached", Recipe(seed=5)))
    monkeypatch.setenv("CONSTRUCTION_RUN", "cached")
    Record.load(film_record).save(record_path("cached"))
    monkeypatch.setattr(source, "_computed", lambda _: pytest.fail("computed"))
    assert len(source.record().routes) == 2


def test_a_run_without_a_record_is_computed_in_a_process_of_its_own(
    film_record, monkeypatch, tmp_path
):
    monkeypatch.setenv("CONSTRUCTION_RUN", "digits-mlp")
    place, program = record_path("digits-mlp"), tmp_path / "python"
    place.parent.mkdir(parents=True, exist_ok=True)
    Record.load(film_record).save(tmp_path / "made.npz")
    program.write_text(f"#!/bin/sh\necho $* >{tmp_path}/asked\ncp {tmp_path}/made.npz {place}\n")
    program.chmod(0o755)
    monkeypatch.setattr(source.sys, "executable", str(program))
    assert len(source.record().routes) == 2
    assert (tmp_path / "asked").read_text() == "-m construction run digits-mlp\n"


@pytest.fixture
def slow_python(tmp_path, monkeypatch):
    """A program that says three lines, fails with words if there is no record, and its lines."""
    monkeypatch.setenv("CONSTRUCTION_RUN", "digits-mlp")
    monkeypatch.setattr(Experiment, "lines", 2)
    monkeypatch.setattr(source, "advance", lambda *steps: said.append(steps))
    program, said = tmp_path / "python", []
    program.write_text(
        f"#!/bin/sh\necho $*\necho one\necho two\necho done\n"
        f"ls {record_path('digits-mlp')} && exit 0\necho torn >&2; exit 1"
    )
    program.chmod(0o755)
    monkeypatch.setattr(source.sys, "executable", str(program))
    return said


def test_a_run_that_is_told_of_shows_no_bar_of_its_own(slow_python, capfd):
    assert source._computed("digits-mlp") == 1
    assert slow_python[:4] == [(0, 2), (1, 2), (2, 2), (2, 2)]
    said = capfd.readouterr()
    assert said.out == ""
    assert "torn" in said.err


def test_a_run_that_fails_is_reported(monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_RUN", "digits-mlp")
    monkeypatch.setattr(source, "_computed", lambda _: 1)
    with pytest.raises(RecordError, match="it failed, for the reason printed above"):
        source.record()


def test_a_run_without_a_path_is_refused(monkeypatch):
    monkeypatch.setenv("CONSTRUCTION_RUN", "proposition-1")
    with pytest.raises(InputError, match="like that of 'mnist-mlp'; found 'proposition-1', which"):
        source.record()


@pytest.mark.parametrize(
    "shown", [("goodfellow-mnist", "plateau-mlp"), ("plateau-mlp", "two-solutions")]
)
def test_runs_that_are_measured_alike_are_told_by_each_others_films(monkeypatch, shown):
    film, run = shown
    for wanted in (run, SHIPPED / f"{run}.npz"):
        monkeypatch.setenv("CONSTRUCTION_RUN", str(wanted))
        assert source.findings(film).manifest["name"] == run


def test_a_record_that_the_film_cannot_tell_is_refused(film_record, monkeypatch, tmp_path):
    line = Record.load(film_record).routes[0]
    monkeypatch.setenv("CONSTRUCTION_RUN", str(tmp_path / "own.npz"))
    Record((replace(line, journeys={}),)).save(tmp_path / "own.npz")
    with pytest.raises(InputError, match="none on the route 'line'"):
        source.record()
    without_table = replace(
        line, loss="huber", sheet=replace(RecordedSheet.of(line.sheet), table=None)
    )
    Record((without_table,)).save(tmp_path / "own.npz")
    with pytest.raises(RecordError, match="sheet of the loss 'huber' as a table; found none"):
        source.record()
