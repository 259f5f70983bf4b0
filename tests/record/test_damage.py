"""A damaged record is refused, whatever was changed, with its path and what to do."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from construction.errors import RecordError
from construction.files import archive
from construction.files.archive import FORMAT, MANIFEST
from construction.record.record import Record

from ..runs import arrays_of, same_routes


def rezipped(packed: bytes, changes: dict[str, bytes | None]) -> bytes:
    """The archive with some members replaced, added, or, where None, left out."""
    with zipfile.ZipFile(io.BytesIO(packed)) as old:
        members = {name: old.read(name) for name in old.namelist()} | changes
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, content in members.items():
            if content is not None:
                new.writestr(name, content)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def manifest_in(packed: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return json.loads(archive.read(MANIFEST))


def refused(path: Path, content: bytes) -> RecordError:
    path.write_bytes(content)
    with pytest.raises(RecordError) as caught:
        Record.load(path)
    assert str(path) in str(caught.value)
    return caught.value


def test_a_record_truncated_anywhere_is_refused(saved, file):
    _, packed = saved
    for length in {*range(0, len(packed), len(packed) // 60), *range(30), len(packed) - 1}:
        assert "make it again" in refused(file, packed[:length]).remedy


def survives(file: Path, content: bytes, original: Record) -> bool:
    """Whether the file is refused as it should be, or still holds the same record."""
    file.write_bytes(content)
    try:
        found = Record.load(file)
    except RecordError:
        return True
    return same_routes(found, original) and found.manifest == {
        "format": FORMAT,
        **original.manifest,
    }


def flipped(packed: bytes, place: int, by: int) -> bytes:
    return packed[:place] + bytes([packed[place] ^ by]) + packed[place + 1 :]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refused_or_changes_nothing(saved, file, share, by):
    one, packed = saved
    assert survives(file, flipped(packed, int(share * len(packed)), by), one)


def test_a_changed_byte_in_the_archives_directory_is_refused_or_changes_nothing(saved, file):
    one, packed = saved
    headers = [*places(packed, b"PK\3\4", 30), *places(packed, b"PK\1\2", 46), *range(-22, 0)]
    failed = [
        (place, by)
        for place in headers
        for by in (1, 12, 14, 255)  # 12 and 14 name compressions
        if not survives(file, flipped(packed, place % len(packed), by), one)
    ]
    assert not failed


def places(packed: bytes, signature: bytes, length: int) -> range:
    """Where the first header of a kind lies."""
    start = packed.index(signature)
    return range(start, start + length)


@pytest.mark.parametrize("name", ["line/lam", "line/a", "line/paper/scale", "line/valley/target"])
def test_a_changed_number_in_a_sound_archive_is_refused(saved, file, name):
    one, packed = saved
    array = arrays_of(one)[name].copy()
    array[1] = np.nextafter(array[1], 9)
    error = refused(file, rezipped(packed, {f"{name}.npy": npy(array)}))
    assert "the checksum does not fit the content" in error.found


@pytest.mark.parametrize("key", ["title", "seeds", "routes", "new", "checksum"])
def test_a_changed_word_in_a_sound_archive_is_refused(saved, file, key):
    manifest = manifest_in(saved[1])
    if key == "routes":
        manifest["routes"][0]["zero_objective"] += 1e-9
    else:
        manifest[key] = "another"
    refused(file, rezipped(saved[1], {MANIFEST: json.dumps(manifest).encode()}))


def test_a_missing_array_is_refused_by_its_name(saved, file):
    error = refused(file, rezipped(saved[1], {"line/b.npy": None}))
    assert "line/b.npy" in error.found


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(saved, file, value):
    array = arrays_of(saved[0])["line/a"].copy()
    array[2] = value
    error = refused(file, rezipped(saved[1], {"line/a.npy": npy(array)}))
    assert "line/a holds NaN or infinite values" in error.found


@pytest.mark.parametrize(
    "array", [np.array([1.0, None, {}], object), np.array(["text"])], ids=["pickle", "text"]
)
def test_arrays_of_other_things_are_refused_and_no_pickle_is_read(saved, file, array):
    refused(file, rezipped(saved[1], {"line/a.npy": npy(array)}))


@pytest.mark.parametrize("version", [0, FORMAT + 1, "1", None])
def test_another_format_is_refused_with_both(saved, file, version):
    manifest = {**manifest_in(saved[1]), "format": version}
    error = refused(file, rezipped(saved[1], {MANIFEST: json.dumps(manifest).encode()}))
    assert error.expected == f"a record of format {FORMAT} at {file}"
    assert error.found == f"format {version}"


@pytest.mark.parametrize(
    "manifest", [b"", b"{", b"[]", b"null", b"3", b'"x"', b"{}", b'{"format": 1}', b"\xff\xfe"]
)
def test_a_manifest_of_something_else_is_refused(saved, file, manifest):
    refused(file, rezipped(saved[1], {MANIFEST: manifest}))


@pytest.mark.parametrize(
    "content", [b"", b"a text file\n", bytes(5000)], ids=["empty", "text", "0"]
)
def test_a_file_that_is_no_archive_is_refused(file, content):
    refused(file, content)


def test_another_npz_is_refused(file):
    np.savez(file, a=np.ones(3))
    refused(file, file.read_bytes())


def test_a_missing_file_is_refused_with_how_to_make_one(tmp_path):
    with pytest.raises(RecordError, match=r"no such file\. Make one with `python -m construction"):
        Record.load(tmp_path / "none.npz")


def set_first(value, *place):
    """Set an entry of the first route of a manifest."""

    def change(manifest):
        inner = manifest["routes"][0]
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value

    return change


ODD = {
    "conditions": set_first(1.0, "conditions"),
    "a condition in words": set_first("low", "conditions", "condition_1", "margin"),
    "a number of 400 digits": set_first(10**400, "zero_objective"),
    "no vertices": set_first({}, "vertices"),
    "a phase more": set_first([{"name": "travel"}], "journeys", 0, "phases"),
    "a branch of none": set_first("middle", "journeys", 0, "phases", 0, "branch"),
    "a loss": set_first(["squared"], "loss"),
    "a name": set_first(None, "name"),
    "another loss": set_first("hinge", "loss"),
    "a certificate": set_first(3, "journeys", 0, "certificate"),
    "no routes": lambda manifest: manifest.update(routes=[]),
    "routes twice": lambda manifest: manifest["routes"].append(manifest["routes"][0]),
    "routes in words": lambda manifest: manifest.update(routes="line"),
    "deep": set_first(json.loads("[" * 900 + "]" * 900), "vertices"),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_odd_content_whose_checksum_fits_is_refused(saved, file, change):
    arrays, manifest = archive.read(file)
    change(manifest)
    archive.write(file, arrays, manifest)
    with pytest.raises(RecordError, match="a whole record at"):
        Record.load(file)


@pytest.mark.parametrize("name", ["line/lam", "line/a", "line/paper/scale", "line/paper/checked/s"])
@pytest.mark.parametrize("change", [lambda x: x[:-1], lambda x: x[None], lambda x: x[:0]])
def test_arrays_that_do_not_fit_each_other_are_refused(saved, file, name, change):
    arrays, manifest = archive.read(file)
    archive.write(file, {**arrays, name: change(arrays[name])}, manifest)
    with pytest.raises(RecordError, match="arrays of different shapes"):
        Record.load(file)


def test_lambdas_that_do_not_increase_are_refused(saved, file):
    arrays, manifest = archive.read(file)
    archive.write(file, {**arrays, "line/lam": arrays["line/lam"][::-1]}, manifest)
    with pytest.raises(RecordError, match="lambdas that do not increase"):
        Record.load(file)
