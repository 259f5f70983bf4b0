"""No result replaces what is the user's; streams that fail end no command in a traceback."""

import errno
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from construction.__main__ import main
from construction.commands import solve as command
from construction.errors import CacheError
from construction.files import storage
from construction.record.record import Record

from ..users_folder import REAL, SOLVE, settled_in, solved


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


@pytest.fixture
def computed(monkeypatch):
    """Grows by an entry where anything is computed."""
    calls, real = [], command.measure
    monkeypatch.setattr(command, "measure", lambda *a, **k: (calls.append(a), real(*a, **k))[1])
    return calls


def content(folder) -> dict:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--out", "real.npz"), "--out with a name of its own; found real.npz, the same file as"),
        (("--out", "./x/../real.npz"), "--out with a name of its own"),
        (("--out", "linked.npz"), "--out with a name of its own"),
        (("--out", "hard.npz"), "--out with a name of its own"),
        (("--proof", "real.npz"), "--proof with a name of its own; found real.npz"),
        (("--proof", "result.npz"), "found result.npz, the same file as --out"),
        (("--out", "other.npz"), "--out to replace no more than a record of constructed paths"),
        (("--proof", "old.npz"), "--proof to replace no more than a proof; found a record"),
        (("--out", "text.npz"), "found a file of another kind at text.npz"),
        (("--out", "broken.npz"), "--out where nothing of yours lies"),
        (("--out", "full.npz"), "--out to name a file; found full.npz, which is none"),
        (
            ("--out", "a" * 260 + ".npz"),
            "found File name too long. Free it, or name another place",
        ),
        (("--out", "kept.npz"), "--out that may be replaced; found kept.npz, protected"),
    ],
)
def test_a_result_that_would_destroy_or_cannot_be_written_is_refused_first(
    folder, capsys, monkeypatch, computed, given, words
):
    (folder / "x").mkdir()
    (folder / "linked.npz").symlink_to("real.npz")
    (folder / "hard.npz").hardlink_to("real.npz")
    np.savez("other.npz", mine=np.ones(3))
    Record(()).save("old.npz")
    (folder / "kept.npz").write_bytes((folder / "old.npz").read_bytes())
    (folder / "text.npz").write_text("all that I know")
    (folder / "broken.npz").write_bytes(b"PK and no more")
    (folder / "full.npz").mkdir()
    real = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: "kept" not in str(path) and real(path, mode)
    )
    before = content(folder)
    assert solved(*REAL, *given) == 1
    err = capsys.readouterr().err
    assert words in err
    assert "CONSTRUCTION_CACHE" not in err
    assert err.count("\n") == 1
    assert content(folder) == before
    assert not computed


def test_records_and_empty_files_are_replaced(folder):
    (folder / "result.npz").touch()
    for _ in range(2):
        assert solved(*REAL, "--quiet") == 0
        Record.load("result.npz")
    assert not list(folder.glob(".*"))


def test_certify_and_plot_keep_their_inputs_too(folder, capsys):
    assert solved(*REAL, "--quiet") == 0
    before = content(folder)
    certify = ["certify", "result.npz", "--model", "net.py:build", "--check", "11"]
    assert main([*certify, "--out", "real.npz"]) == 1
    assert "found real.npz, the same file as real.npz, which is read" in capsys.readouterr().err
    assert content(folder) == before
    for name in ("result.png", "result.txt"):
        (folder / name).write_bytes(before["result.npz"])
        assert main(["plot", name, "--out", "result.png"]) == 1
        assert f"found {name}, the same file as {name}, which is read" in capsys.readouterr().err
        assert (folder / name).read_bytes() == before["result.npz"]
        (folder / name).unlink()


def refusing(monkeypatch, name: str) -> None:
    """The disk is full when a file of that name is put in its place."""
    real = os.replace

    def replace(source, target):
        if os.path.basename(target) == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(source, target)

    monkeypatch.setattr(storage.os, "replace", replace)


@pytest.mark.parametrize("name", ["result.npz", "proof.npz"])
def test_an_answer_is_given_though_the_disk_is_full(folder, capsys, monkeypatch, name):
    refusing(monkeypatch, name)
    assert solved(*REAL, "--proof", "proof.npz") == 1
    out, err = capsys.readouterr()
    assert "  condition 1      proved on [0, 1]: " in out
    assert "found No space left on device" in err
    assert err.count("\n") == 1
    assert {path.name for path in folder.glob("*.npz")} - {name} >= {"real.npz"}
    assert not (folder / name).exists()
    assert (folder / "result.npz").exists() == (name == "proof.npz")
    assert ("\nRecord: not saved\n" in out) == (name == "result.npz")


def test_a_certificate_is_told_though_the_disk_is_full(folder, capsys, monkeypatch):
    assert solved(*REAL, "--check", 0, "--quiet") == 0
    refusing(monkeypatch, "result.npz")
    assert main(["certify", "result.npz", "--model", "net.py:build", "--check", "11"]) == 1
    out, err = capsys.readouterr()
    assert "Check: checked at " in out
    assert "Saved" not in out
    assert "No space left on device" in err


def test_an_error_of_writing_is_a_cache_error(folder, monkeypatch):
    refusing(monkeypatch, "note")
    with pytest.raises(CacheError), storage.written_whole(folder / "note") as temporary:
        temporary.write_text("lost")


def test_a_text_that_is_no_caption_is_not_replaced_by_one(folder, capsys):
    assert solved(*REAL, "--quiet") == 0
    (folder / "notes.txt").write_text("mine")
    assert main(["plot", "result.npz", "--out", "notes.svg"]) == 1
    assert "a text that is no caption of an earlier plot" in capsys.readouterr().err
    assert (folder / "notes.txt").read_text() == "mine"
    assert not (folder / "notes.svg").exists()
    assert main(["plot", "result.npz", "--out", "notes.svg", "--caption"]) == 0
    (folder / "notes.txt").write_text("mine,\nbeside a figure that may be replaced")
    assert main(["plot", "result.npz", "--out", "notes.svg"]) == 1
    assert (folder / "notes.txt").read_text().startswith("mine,")
    for _ in range(2):
        assert main(["plot", "result.npz", "--out", "figure.svg"]) == 0
    assert "mine" not in (folder / "figure.txt").read_text()


def test_a_computation_that_does_not_fit_into_memory_is_one_line(folder, capsys, monkeypatch):
    def large(*arguments, **options):
        raise MemoryError("Unable to allocate 7 PiB")

    monkeypatch.setattr(command, "measure", large)
    assert solved(*REAL) == 1
    assert "into memory; found Unable to allocate 7 PiB. Allow less" in capsys.readouterr().err


# --- a process of its own ------------------------------------------------------------------------


def process(*arguments, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "construction", *map(str, arguments)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)


@pytest.mark.slow
def test_a_reader_that_has_left_changes_neither_files_nor_status(folder):
    assert solved(*REAL, "--quiet") == 0
    read, write = os.pipe()
    os.close(read)
    for arguments in (["list"], ["plot", "result.npz", "--out", "f.svg"]):
        finished = process(*arguments, stdout=write)
        assert (finished.returncode, finished.stderr) == (0, "")
    assert (folder / "f.svg").exists()
    assert (folder / "f.txt").exists()
    late = [*SOLVE, *REAL, "--initial", "late.safetensors"]
    assert process(*late, stdout=write).returncode == 3
    os.close(write)


def test_streams_that_are_closed_or_somebodys_own_are_left_as_they_are():
    own = """
import contextlib, io, runpy, sys
sys.argv, shown = ["construction", "list"], io.StringIO()
with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
    sys.stderr = None
    runpy.run_module("construction", run_name="__main__")
assert "digits-mlp" in shown.getvalue()
"""
    subprocess.run([sys.executable, "-c", own], check=True)


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_output_is_told_and_the_result_is_kept(folder):
    with open("/dev/full", "w") as full:
        finished = process(*SOLVE, *REAL, stdout=full)
    assert finished.returncode == 1
    assert finished.stderr == (
        "construction: standard output could not be written: No space left on device. "
        "What was saved is saved.\n"
    )
    assert Record.load("result.npz").routes


@pytest.mark.slow
def test_signs_that_a_terminal_does_not_know_are_escaped(folder):
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    finished = process(*SOLVE, *REAL, stdout=subprocess.PIPE, env=ascii_only)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("net.py:build \\xb7 real.npz \\xb7 40 samples")


INTERRUPTED = """
import os, signal, sys
from importlib.abc import MetaPathFinder


class Interrupting(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
            try:
                for _ in range(10**6):
                    pass
            except KeyboardInterrupt:
                raise ImportError("as a library may say that is interrupted")


sys.meta_path.insert(0, Interrupting())
sys.argv = ["construction", *{arguments!r}]
from construction.__main__ import process
sys.exit(process())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "module", ["construction.commands.parser", "numpy", "torch", "construction.theorem.construct"]
)
def test_an_interruption_while_modules_are_imported_ends_as_any_other(folder, module):
    code = INTERRUPTED.format(module=module, arguments=[*SOLVE, *REAL])
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 128 + signal.SIGINT
    assert finished.stderr == "construction: interrupted. Nothing was written.\n"
