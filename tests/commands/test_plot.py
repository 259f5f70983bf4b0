"""`plot` writes the figure of a record or run, its caption beside it or below, and says where."""

import os
import sys
from pathlib import Path

import pytest
from matplotlib import figure, image

from construction.__main__ import main
from construction.experiments.kept import SHIPPED
from construction.experiments.path.words import caption
from construction.files import archive

from ..draw.test_figure import all_profiles, barred
from ..runs import name_a_run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current one, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_record_is_drawn_and_it_is_said_where(folder, capsys):
    record = all_profiles()
    record.save("result.npz")
    assert main(["plot", "result.npz"]) == 0
    assert main(["plot", "result.npz", "--out", "a.svg", "--profile", "valley", "--linear"]) == 0
    assert main(["plot", "result.npz", "--out", "b.png", "--theme", "dark", "--width", "3"]) == 0
    printed = capsys.readouterr().out.split()
    assert printed == ["result.pdf", "result.txt", "a.svg", "a.txt", "b.png", "b.txt"]
    assert (folder / "result.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "result.txt").read_text() == f"{caption(record)}\n"


@pytest.mark.parametrize("more", [[], ["--caption"]])
def test_a_figure_of_the_users_is_not_replaced_without_being_named(folder, capsys, more):
    """RESULT.pdf is, as often as wanted, where it was drawn from here."""
    all_profiles().save("thesis.npz")
    own = folder / "thesis.pdf"
    figure.Figure().savefig(own)
    before = own.read_bytes()
    assert main(["plot", "thesis.npz", *more]) == 1
    assert "found none, and another's thesis.pdf. Name it, or another" in capsys.readouterr().err
    assert own.read_bytes() == before
    assert not (folder / "thesis.txt").exists()
    assert main(["plot", "thesis.npz", *more, "--out", "thesis.pdf"]) == 0
    assert main(["plot", "thesis.npz", *more]) == 0
    assert own.read_bytes() != before


@pytest.mark.parametrize("name", ["thesis.pdf", "thesis.txt"])
def test_a_file_that_may_not_be_read_is_not_replaced(folder, capsys, monkeypatch, name):
    all_profiles().save("thesis.npz")
    assert main(["plot", "thesis.npz"]) == 0
    before, real = (folder / name).read_bytes(), os.access
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode: not (name in str(path) and mode & os.R_OK) and real(path, mode),
    )
    capsys.readouterr()
    assert main(["plot", "thesis.npz"]) == 1
    assert name in capsys.readouterr().err
    assert (folder / name).read_bytes() == before


@pytest.mark.parametrize(("text", "lost"), [("one line\n", True), ("two\nlines", False)])
def test_a_text_of_several_lines_is_no_caption(folder, capsys, text, lost):
    all_profiles().save("result.npz")
    (folder / "a.pdf").write_bytes(b"")
    note = folder / "a.txt"
    note.write_text(text)
    assert main(["plot", "result.npz", "--out", "a.pdf"]) == (not lost)
    assert (note.read_text() != text) == lost


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_a_full_disk_is_told_in_one_line(folder, capsys, monkeypatch, kind):
    resource = pytest.importorskip("resource")
    all_profiles().save("result.npz")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        code = main(["plot", "result.npz", "--out", f"a.{kind}"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (line,) = capsys.readouterr().err.splitlines()
    assert (code, "to write in the folder" in line) == (1, True)
    assert os.listdir() == ["result.npz"]


def test_the_caption_is_put_below_the_figure_when_asked(folder, capsys):
    barred().save("result.npz")
    assert main(["plot", "result.npz", "--out", "plain.png"]) == 0
    assert main(["plot", "result.npz", "--out", "captioned.png", "--caption"]) == 0
    assert capsys.readouterr().out.split() == ["plain.png", "plain.txt", "captioned.png"]
    assert not (folder / "captioned.txt").exists()
    plain, captioned = (image.imread(f"{name}.png").shape for name in ("plain", "captioned"))
    assert captioned[1] == plain[1]
    assert captioned[0] > plain[0]


def test_a_named_run_that_was_computed_is_drawn(folder, monkeypatch, capsys):
    name_a_run(monkeypatch, folder, points=5, checks=5, profiles=("even",))
    assert main(["plot", "tiny"]) == 1
    assert "`python -m construction run tiny` makes it" in capsys.readouterr().err
    main(["run", "tiny"])
    assert main(["plot", "tiny", "--route", "detour"]) == 0
    assert (folder / "tiny.pdf").exists()
    assert main(["plot", "tiny", "--route", "tour"]) == 1
    assert "a route among 'line', 'detour'; found 'tour'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("run", "lost", "told"),
    [
        ("plateau-mlp", "lines", "run 'plateau-mlp' as this version makes it"),
        ("proposition-1", "findings", "run 'proposition-1' as this version makes it"),
        ("generalisation", "", "run that this version has, old.npz; found one of 'generalisation'"),
    ],
)
def test_a_record_of_an_older_version_is_told_as_such(folder, capsys, run, lost, told):
    arrays, manifest = archive.read(SHIPPED / f"{run if lost else 'sweep'}.npz")
    manifest |= {"name": run, "versions": {"construction": "0.2.0"}}
    manifest.pop(lost, None)
    archive.write(Path("old.npz"), arrays, manifest)
    assert main(["plot", "old.npz"]) == 1
    said = capsys.readouterr().err
    assert f"Expected a record of {'the' if lost else 'a'} {told}" in said
    assert "made by version 0.2.0. " in said
    again = f"Run it again: `python -m construction run {run}`." if lost else "list` shows those"
    assert again in said
    assert not lost or f"found one without '{lost}'" in said
