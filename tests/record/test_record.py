"""A record comes back to the bit, or not at all."""

import errno
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from construction.errors import CacheError, InputError, RecordError
from construction.files import archive
from construction.files.archive import FORMAT, MANIFEST
from construction.record.record import Record, joined
from construction.theorem.construct import construct, with_profile

from ..problems import detour, right_start, through, trained
from ..runs import arrays_of, blocked, interrupt, same_routes


def made(problem=right_start, name="line", profiles=("paper", "valley"), checks=9) -> Record:
    """The record of one route with several journeys."""
    path = construct(*problem(), profile=profiles[0], points=5)
    records = []
    for profile in profiles:
        path = with_profile(path, profile)
        if checks:
            path.certify(checks)
        records.append(path.record(name))
    return joined(records).described(title="Two numbers", seeds=[0, 1], nested={"π": [1.5, None]})


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple[Record, bytes]:
    """A record and the bytes of its file."""
    one = made()
    return one, one.save(tmp_path_factory.mktemp("saved") / "one.npz").read_bytes()


@pytest.fixture
def file(saved, tmp_path) -> Path:
    """That file, for damage."""
    path = tmp_path / "record.npz"
    path.write_bytes(saved[1])
    return path


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


# --- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [right_start, detour, trained], ids=lambda f: f.__name__)
@pytest.mark.parametrize("checks", [9, 0], ids=["checked", "unchecked"])
def test_a_record_comes_back_to_the_bit(tmp_path, problem, checks):
    profiles = ("valley",) if problem is detour else ("even", "paper", "valley")
    one = made(problem, profiles=profiles, checks=checks)
    found = Record.load(one.save(tmp_path / "record.npz"))
    assert same_routes(found, one)
    assert found.manifest == {"format": FORMAT, **one.manifest}
    certificates = [journey.certificate for journey in found.routes[0].journeys.values()]
    assert all(certificates) if checks else not any(certificates)


def test_a_record_of_several_routes_keeps_their_order_and_vertices(tmp_path):
    records = [made(name="line"), made(detour, "around", ("valley",)), made(name="again")]
    found = Record.load(joined(records).save(tmp_path / "record.npz"))
    assert [route.name for route in found.routes] == ["line", "around", "again"]
    assert same_routes(found, joined(records))


def test_a_loaded_record_is_saved_again_with_the_same_bits(saved, file):
    again = Record.load(file).save(file.with_name("again.npz"))
    with zipfile.ZipFile(again) as new, zipfile.ZipFile(file) as old:
        assert new.namelist() == old.namelist()
        assert all(new.read(name) == old.read(name) for name in old.namelist())


def test_the_certificate_comes_back_with_its_verdict(saved, file):
    for name, journey in Record.load(file).routes[0].journeys.items():
        check = saved[0].routes[0].journeys[name].certificate
        assert journey.certificate.verdict == check.verdict == "checked at 9 points"
        assert journey.certificate.off_grid.dtype == bool


def test_a_record_tells_the_objectives_that_the_path_has():
    path = construct(*trained(), points=7)
    route = path.record().route("line")
    np.testing.assert_array_equal(route.empirical, path.empirical)
    np.testing.assert_array_equal(route.journeys["paper"].objective, path.objective)


def test_the_contract_for_saving_and_loading_holds(tmp_path):
    result = construct(*trained(), points=7)
    path = tmp_path / "new" / "folder" / "record.npz"
    assert result.record().save(str(path)) == path
    found = Record.load(str(path)).routes[0]
    np.testing.assert_array_equal(found.sheet.lam, result.lam)
    np.testing.assert_array_equal(found.journeys["paper"].scale, result.scale)
    np.testing.assert_array_equal(found.journeys["paper"].target, result.target)
    np.testing.assert_array_equal(found.sheet.minimum, result.minimum)
    assert found.journeys["paper"].phases == result.phases
    assert found.conditions == result.conditions
    assert found.journeys["paper"].certificate is None


def test_entries_are_added_to_the_manifest_of_a_new_record():
    one = made(checks=0)
    more = one.described(seconds=3, title="Another")
    assert more.manifest == {**one.manifest, "seconds": 3, "title": "Another"}
    assert one.manifest["title"] == "Two numbers"


def test_entries_of_the_manifest_do_not_make_a_record_unreadable(tmp_path):
    one = made(checks=0).described(format=99, routes=[], checksum="none")
    assert same_routes(Record.load(one.save(tmp_path / "record.npz")), one)


# --- routes and labels ---------------------------------------------------------------------------


def test_journeys_on_routes_of_one_name_come_together():
    first, second = made(profiles=("paper",)), made(profiles=("valley",))
    other = made(name="other", profiles=("even",))
    found = joined([first, other, second])
    assert [route.name for route in found.routes] == ["line", "other"]
    assert list(found.route("line").journeys) == ["paper", "valley"]
    assert list(found.route("other").journeys) == ["even"]
    expected = arrays_of(first) | arrays_of(second) | arrays_of(other)
    assert arrays_of(found).keys() == expected.keys()


def test_a_route_that_is_not_there_is_refused_with_those_that_are():
    both = joined([made(checks=0), made(name="around", checks=0)])
    assert both.route("around") is both.routes[1]
    with pytest.raises(
        RecordError, match=r"a route 'x' in the record; found only 'line', 'around'"
    ):
        both.route("x")


@pytest.mark.parametrize(
    ("problem", "labels"),
    [
        (right_start, ("initial", "final")),
        (lambda: through((4, 0.5), (1, 0), (0.9, 0)), ("initial", "vertex 1", "final")),
        (detour, ("initial", "final")),
    ],
    ids=["line", "polyline", "any-callable"],
)
def test_the_vertices_are_labelled_by_their_place(problem, labels):
    (route,) = construct(*problem(), profile="valley", points=5).record().routes
    assert tuple(label for _, label in route.vertices) == labels
    assert [lam for lam, _ in route.vertices] == np.linspace(0, 1, len(labels)).tolist()


@pytest.mark.parametrize("labels", [("one",), ("one", "two", "three")])
def test_another_number_of_labels_than_vertices_is_refused(labels):
    path = construct(*right_start(), points=5)
    with pytest.raises(InputError, match=f"2 labels; found {len(labels)}. Give one a vertex"):
        path.record("line", labels)


# --- damage --------------------------------------------------------------------------------------


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


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [1, 2, 5])
def test_an_interrupted_save_leaves_the_old_record_and_nothing_else(saved, file, monkeypatch, call):
    interrupt(monkeypatch, np.lib.format, "write_array", call)
    with pytest.raises(KeyboardInterrupt):
        made(detour, profiles=("valley",)).save(file)
    assert file.read_bytes() == saved[1]
    assert list(file.parent.iterdir()) == [file]


def test_a_save_replaces_the_old_record_and_leaves_no_other_file(file):
    other = made(detour, profiles=("valley",))
    other.save(file)
    assert same_routes(Record.load(file), other)
    assert list(file.parent.iterdir()) == [file]


def test_a_record_that_could_not_be_loaded_is_not_saved(saved, file):
    route = saved[0].routes[0]
    sheet = replace(route.sheet, a=np.full_like(route.sheet.a, np.nan))
    with pytest.raises(InputError, match="NaN or infinite"):
        Record((replace(route, sheet=sheet),)).save(file)
    assert file.read_bytes() == saved[1]


def test_a_folder_that_cannot_be_written_is_a_cache_error(saved, tmp_path):
    with pytest.raises(CacheError, match="to write in the folder"):
        saved[0].save(blocked(tmp_path) / "record.npz")


def test_the_disk_running_full_is_a_cache_error_and_leaves_the_old_record(saved, file, monkeypatch):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(CacheError, match="No space left on device"):
        saved[0].save(file)
    assert file.read_bytes() == saved[1]
    assert list(file.parent.iterdir()) == [file]
