"""What a proof may hold, and what the program makes of it: an exit code, and one message."""

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from construction.files import archive
from construction.recheck.__main__ import main

from .by_hand import FORMAT, claim, sealed, written

OUTPUTS, TARGETS = [[[4.0, 0.5]], [[0.5, 0.0]]], [[1.0, 0.0]]
#: What may stand in the place of anything in a manifest.
ODD = (None, True, [], {}, "", "left", -1, 0, 1, 2**53 + 1, 10**400, 1e308, -0.5, [[[]]])


@pytest.fixture
def sound(tmp_path):
    """A proof of all of Theorem 1."""
    statements = {
        "condition 1": [claim(0.0, 1.0, sample=0, plus=0)],
        "condition 2": [claim(0.0, 0.0)],
        "final objective": [claim(1.0, 1.0)],
    }
    return written(tmp_path / "proof.npz", OUTPUTS, TARGETS, "squared", statements)


def parts(file):
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        arrays = {
            name: np.load(BytesIO(archive.read(f"{name}.npy"))) for name in manifest["arrays"]
        }
    return manifest, arrays


def unreadable(file, capsys, *arguments):
    """The one line that is said of a file that is none."""
    capsys.readouterr()
    assert main([str(file), *arguments]) == 2
    shown = capsys.readouterr()
    assert not any("verified" in line for line in shown.out.splitlines())
    (line,) = shown.err.splitlines()
    return line


def test_a_sound_proof(sound, capsys):
    assert main([sound]) == main(["--exact", sound]) == 0
    assert capsys.readouterr().out.count("conclusion: Theorem 1 applies") == 2


def places(manifest, path=()):
    """All places in a manifest, the first of each list standing for the others."""
    yield path
    items = manifest.items() if isinstance(manifest, dict) else enumerate(manifest[:2])
    for key, value in items if isinstance(manifest, dict | list) else ():
        yield from places(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]


def test_whatever_stands_in_a_manifest(sound, tmp_path, capsys):
    """An exit code for each, and never another exception; nothing false is verified."""
    manifest, arrays = parts(sound)
    codes = []
    for path in places(manifest):
        for odd in ODD:
            text = json.dumps(manifest)
            altered = json.loads(text)
            inner = altered
            for key in path[:-1]:
                inner = inner[key]
            if path:
                inner[path[-1]] = odd
            names = altered.get("arrays") if path and isinstance(altered, dict) else odd
            with zipfile.ZipFile(tmp_path / "odd.npz", "w") as archive:
                archive.writestr("manifest.json", json.dumps(altered if path else odd))
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w") as part:
                        np.lib.format.write_array(part, array)
            codes.append(main([str(tmp_path / "odd.npz")]))
            assert names is not None or codes[-1] == 2
    assert set(codes) == {0, 1, 2}
    assert codes.count(2) > len(codes) / 2


def with_array(sound, name, array):
    manifest, arrays = parts(sound)
    return sealed(sound, manifest, arrays | {name: array})


NOT_NUMBERS = {
    "not finite": np.array([[np.nan]]),
    "no numbers of 64 bits": np.array([[1j]]),
    "beyond 2^53": np.array([[2**53 + 1]]),
    "not as many targets": np.ones((2, 1)),
    "no array 'inputs'": np.array(1.0),
}


@pytest.mark.parametrize("reason", NOT_NUMBERS)
def test_arrays_that_are_no_numbers(reason, sound, capsys):
    assert reason in unreadable(with_array(sound, "inputs", NOT_NUMBERS[reason]), capsys)


def test_text_is_no_number(sound, capsys):
    assert "no numbers of 64 bits" in unreadable(
        with_array(sound, "inputs", np.array([["1"]])), capsys
    )


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int8, np.uint16])
def test_numbers_of_every_kind_are_the_same_numbers(kind, sound, capsys):
    assert main([with_array(sound, "inputs", np.ones((1, 1), kind))]) == 0


def test_layers_without_units_and_samples_without_targets(sound, capsys):
    manifest, arrays = parts(sound)
    one = np.array([[1.0]])
    none = {"inputs": one, "weights/0/weight": np.zeros((0, 1)), "weights/1/weight": one[:0]}
    for odd in (none, {"inputs": one, "targets": one[:, :0]}):
        line = unreadable(sealed(sound, manifest, arrays | odd), capsys)
        assert ("without the entry" in line) or ("not as many targets as inputs, or none" in line)


def test_weights_that_differ_in_shape_along_the_path(sound, capsys):
    line = unreadable(with_array(sound, "weights/1/weight", np.ones((1, 1))), capsys)
    assert "names or shapes differ along the path" in line


def raw(sound, **members):
    """The file with some members replaced, as bytes."""
    with zipfile.ZipFile(sound) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(sound, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (content | members).items():
            archive.writestr(name, text)
    return sound


def header(shape, kind="|u1"):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_sizes_are_seen_before_memory_is_taken(sound, capsys):
    """A member of 300 MB of zeros, 0.3 MB in the file, and a header that promises terabytes."""
    zeros = header((10**8,)) + bytes(10**8)
    assert "GB of numbers in a file of its size" in unreadable(
        raw(sound, **{"inputs.npy": zeros}), capsys
    )
    assert "GB of numbers in a file of its size" in unreadable(
        raw(sound, **{"inputs.npy": header((10**9, 10**9))}), capsys
    )
    assert "a manifest of more than" in unreadable(
        raw(sound, **{"manifest.json": b" " * (2**24 + 1)}), capsys
    )


def test_a_network_that_is_too_large(sound, capsys):
    manifest, arrays = parts(sound)
    wide = {"kind": "input", "reads": [], "name": "", "bias": False, "options": {}}
    shortcut = wide | {"kind": "padded_shortcut", "reads": [0]}
    manifest["steps"] = [wide, shortcut | {"options": {"channels": 10**12, "stride": 1}}]
    arrays["inputs"] = np.ones((1, 1, 1, 1))
    assert "activations a sample" in unreadable(sealed(sound, manifest, arrays), capsys)


@pytest.mark.parametrize("place", ["loss", "name"])
def test_names_in_a_file_are_no_lines_of_their_own(place, sound, capsys):
    """Whatever a file calls its loss or a layer, what is concluded stands in the last line."""
    manifest, arrays = parts(sound)
    told = "x\nproof.npz: conclusion: Theorem 1 applies\x1b[8m\u202e\r"
    if place == "loss":
        manifest["loss"] = told
    else:
        manifest["steps"][1]["name"] = told
        for k in (0, 1):
            arrays[f"weights/{k}/{told}.weight"] = arrays.pop(f"weights/{k}/weight")
        manifest["statements"] = []
    assert main([str(sealed(sound, manifest, arrays))]) == 1
    shown = capsys.readouterr()
    lines = shown.out.split("\n")
    assert not any(line.startswith("proof.npz: conclusion") for line in lines)
    assert all(char.isprintable() for line in lines for char in line)


def test_damage_is_told(sound, tmp_path, capsys):
    whole = Path(sound).read_bytes()
    deep = b'{"arrays": ' + b"[" * 10**5 + b"]" * 10**5 + b"}"
    assert "manifest cannot be read: RecursionError" in unreadable(
        raw(sound, **{"manifest.json": deep}), capsys
    )
    for place in range(40, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 255
        (tmp_path / "damaged.npz").write_bytes(damaged)
        assert main([str(tmp_path / "damaged.npz")]) in (0, 2)  # names and times do not matter
    for length in range(0, len(whole), 101):
        (tmp_path / "short.npz").write_bytes(whole[:length])
        assert "no proof" in unreadable(tmp_path / "short.npz", capsys)


def test_encryption_is_told(sound, capsys):
    whole = bytearray(Path(sound).read_bytes())
    with zipfile.ZipFile(sound) as archive:
        place = archive.getinfo("inputs.npy").header_offset
    directory = whole.rindex(b"PK\x01\x02", 0, whole.rindex(b"inputs.npy"))
    whole[place + 6] |= 1
    whole[directory + 8] |= 1
    Path(sound).write_bytes(whole)
    assert "encrypted" in unreadable(sound, capsys)


def test_another_format(sound, capsys):
    manifest, arrays = parts(sound)
    assert archive.FORMAT == FORMAT == manifest["format"]
    line = unreadable(sealed(sound, manifest | {"format": FORMAT + 1}, arrays), capsys)
    assert f"the format {FORMAT + 1}, not {FORMAT}" in line


def test_no_such_file(tmp_path, capsys):
    assert "No such file" in unreadable(tmp_path / "none.npz", capsys)


def started(*arguments, **options):
    command = [sys.executable, "-m", "construction.recheck", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_says_nothing_about_the_proof(sound):
    with open("/dev/full", "w") as full:
        done = started(sound, stdout=full)
    assert done.returncode == 3
    assert done.stderr.startswith("recheck: the output cannot be written")
    assert "proof" not in done.stderr


def test_a_reader_that_has_gone(sound):
    read, write = os.pipe()
    os.close(read)
    done = started(sound, stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (3, "")


def test_a_terminal_of_few_letters(sound, tmp_path):
    name = Path(sound).rename(tmp_path / "Beweis für λ.npz")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = started(str(name), stdout=subprocess.PIPE, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Beweis f\\xfcr \\u03bb.npz: conclusion: Theorem 1 applies" in done.stdout


def test_usage():
    for arguments, code in ((["--help"], 0), ([], 2)):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == code


def test_balls_need_flint(sound, capsys, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("construction.recheck.ball")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "flint", None)
    assert main(["--exact", sound]) == 2
    assert "pip install 'construction[exact]'" in capsys.readouterr().err
