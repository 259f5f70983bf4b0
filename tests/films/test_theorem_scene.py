"""The theorem's film: what it shows of a path that does not follow the proof's own target."""

from dataclasses import replace

import pytest

from construction.record.record import Record
from scenes.theorem import Theorem

from .watch import watch


@pytest.mark.parametrize("target", ["paper", "even"])
def test_the_magnified_travel_stands_before_the_last_words(
    target, film_record, monkeypatch, tmp_path
):
    record = Record.load(film_record)
    line = record.routes[0]
    own = replace(line, journeys={target: line.journeys[target]})
    place = replace(record, routes=(own,)).save(tmp_path / "own.npz")
    monkeypatch.setenv("CONSTRUCTION_RUN", str(place))
    monkeypatch.chdir(tmp_path)
    *_, drawn, read, last = [
        shot.time for shot in watch(Theorem, frame_rate=2).shots if shot.section == "magnifier"
    ]
    assert (read - drawn, last - read) == (1.5, 3.5)
