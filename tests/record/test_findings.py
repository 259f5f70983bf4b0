"""Findings are kept whole or refused, and come apart as they were joined."""

import numpy as np
import pytest

from construction.errors import InputError, RecordError
from construction.record.findings import Findings, joined
from construction.record.record import Record

from ..test_imports import loaded_by

ARRAYS = {
    "objective": np.array([2.0, 0.5]),
    "steps": np.array([0, 3], np.int64),
    "surface": np.arange(6, dtype=np.float32).reshape(2, 3),
}
LINE = Findings(ARRAYS, {"seed": 3, "words": ["a", "b"]})


def equal(one: Findings, other: Findings) -> bool:
    return one.arrays.keys() == other.arrays.keys() and all(
        (one[name].dtype, one[name].tolist()) == (other[name].dtype, other[name].tolist())
        for name in one.arrays
    )


def test_what_is_saved_is_loaded_to_the_bit(tmp_path):
    found = Findings.load(LINE.save(tmp_path / "folder" / "line.npz"))
    assert equal(found, LINE)
    assert found.manifest == {**LINE.manifest, "format": found.manifest["format"]}


def test_joined_findings_come_apart_again_also_from_disk(tmp_path):
    whole = joined({"adam": LINE, "sgd": LINE.described(seed=4)})
    for found in (whole, Findings.load(whole.save(tmp_path / "whole.npz"))):
        assert found.parts == ("adam", "sgd")
        assert equal(found.part("adam"), LINE)
        assert [found.part(name).manifest["seed"] for name in found.parts] == [3, 4]
    again = joined({"both": whole})
    assert equal(again.part("both").part("sgd"), LINE)


def test_more_entries_leave_the_findings_as_they_were():
    assert LINE.described(seed=5).manifest["seed"] == 5
    assert LINE.manifest["seed"] == 3


def test_an_array_or_part_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(InputError, match="'objective', 'steps', 'surface'; found 'loss'"):
        LINE["loss"]
    with pytest.raises(InputError, match="a part among 'adam'; found 'sgd'"):
        joined({"adam": LINE}).part("sgd")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path, value):
    with pytest.raises(InputError, match="NaN or infinite ones in objective"):
        Findings({"objective": np.array([1.0, value])}).save(tmp_path / "line.npz")
    assert not list(tmp_path.iterdir())


def test_another_kind_of_record_is_refused_and_so_is_a_damaged_file(tmp_path):
    with pytest.raises(RecordError, match="findings"):
        Findings.load(Record(()).save(tmp_path / "record.npz"))
    place = LINE.save(tmp_path / "line.npz")
    place.write_bytes(place.read_bytes()[:400])
    with pytest.raises(RecordError, match="a whole record at"):
        Findings.load(place)


def test_findings_and_studies_and_what_is_kept_are_read_without_torch(tmp_path):
    place = LINE.save(tmp_path / "line.npz")
    loaded = loaded_by(
        "import construction.experiments.kept, construction.experiments.table\n"
        "from construction.record.findings import Findings\n"
        f"assert len(Findings.load({str(place)!r})['steps']) == 2"
    )
    assert not loaded & {"torch", "manim", "matplotlib"}
