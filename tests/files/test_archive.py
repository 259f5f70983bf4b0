"""Arrays are read from any file: no pickle runs, and no memory is taken that is not filled."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from construction.errors import RecordError
from construction.files import archive

PLAIN = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }"


def npy(header: str, body: bytes = b"", version=(1, 0)) -> bytes:
    text = header.encode()
    length = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text + body


HOSTILE = {
    "no end": npy("{'descr': ("),
    "indented": npy("{'descr':\n  '<f8'\n 'x"),
    "terabytes": npy(PLAIN % 10**13),
    "10^30 numbers": npy(PLAIN % 10**30),
    "400 digits": npy(PLAIN % ("9" * 400)),
    "fewer numbers": npy(PLAIN % 3, bytes(16)),
    "more numbers": npy(PLAIN % 1, bytes(16)),
    "negative": npy(PLAIN % -1, bytes(8)),
    "deep": npy("-" * 9000 + "1", b"", (2, 0)),
    "fractions": npy(PLAIN % 1.0, bytes(8)),
    "another version": npy(PLAIN % 1, bytes(8), (9, 0)),
    "structured": npy(
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", bytes(8)
    ),
    "objects": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cposix\nsystem\n"),
    "nothing": b"",
}


@pytest.mark.parametrize("member", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_array_in_a_record_is_refused_without_memory_for_it(tmp_path, member):
    path = tmp_path / "record.npz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("x.npy", member)
        manifest = {"format": archive.FORMAT, "arrays": ["x"], "checksum": ""}
        packed.writestr(archive.MANIFEST, json.dumps(manifest))
    tracemalloc.start()
    try:
        with pytest.raises(RecordError, match="a whole record"):
            archive.read(path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


def bomb(path, name: str, size: int, *others: tuple[str, bytes]) -> None:
    """An archive of a few kilobytes with that much of nothing in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open(name, "w", force_zip64=True) as file:
            for _ in range(size // 10**7):
                file.write(bytes(10**7))
        for other, content in others:
            packed.writestr(other, content)


def test_an_archive_that_unpacks_to_far_more_than_it_is_is_refused(tmp_path):
    manifest = json.dumps({"format": archive.FORMAT, "arrays": ["x"]}).encode()
    bomb(tmp_path / "r.npz", "x.npy", 3 * 10**8, (archive.MANIFEST, manifest))
    with pytest.raises(RecordError, match=r"bytes that unpack to 3\d{8}; save it uncompressed"):
        archive.read(tmp_path / "r.npz")


def test_a_manifest_of_megabytes_is_refused(tmp_path):
    bomb(tmp_path / "r.npz", archive.MANIFEST, 4 * 10**7)
    with pytest.raises(RecordError, match="a manifest of more than"):
        archive.read(tmp_path / "r.npz")


@pytest.mark.parametrize("entry", archive.KINDS)
def test_a_sound_file_of_another_kind_is_told_as_that(tmp_path, entry):
    archive.write(tmp_path / "r.npz", {"x": np.ones(2)}, {entry: []})
    archive.read(tmp_path / "r.npz", entry)
    for other in archive.KINDS.keys() - {entry}:
        with pytest.raises(RecordError) as caught:
            archive.read(tmp_path / "r.npz", other)
        assert caught.value.found == archive.KINDS[entry]
        assert caught.value.remedy == "Name another file."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "found a PDF"),
        (b"\x89PNG\r\n", "found a PNG image"),
        (b"some text", "found a file of another kind"),
        (b"\x93NUMPY\1\0", "found a single array of numpy's"),
        (struct.pack("<Q", 8) + b"{}      ", "found a safetensors file"),
    ],
)
def test_files_of_other_programs_are_not_called_damaged(tmp_path, content, words):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RecordError, match=words) as caught:
        archive.read(tmp_path / "file")
    assert caught.value.remedy.startswith("Name a file that this package wrote")


def test_arrays_of_numpys_files_are_read_by_name(tmp_path):
    x, y = np.arange(6.0).reshape(2, 3), np.array([1, 2], ">i4")
    np.savez_compressed(tmp_path / "a.npz", x=np.asfortranarray(x), y=y, z=np.float32(3))
    np.save(tmp_path / "y.npy", y)
    arrays = archive.read_arrays(tmp_path / "a.npz")
    assert (arrays["x"] == x).all()
    assert arrays["y"].tolist() == archive.read_arrays(tmp_path / "y.npy")[""].tolist() == [1, 2]
    assert arrays["z"].shape == ()


def test_numbers_in_zeros_may_be_many_times_the_size_of_their_file(tmp_path):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.zeros(10**6))
    (tmp_path / "a.npz").write_bytes(buffer.getvalue())
    assert archive.read_arrays(tmp_path / "a.npz")["x"].nbytes > 500 * len(buffer.getvalue())
