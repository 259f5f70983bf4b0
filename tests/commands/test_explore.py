import webbrowser
from shutil import copyfile

import pytest
import torch

from construction import __main__ as command
from construction import trajectory
from construction.commands import results
from construction.experiments.kept import SHIPPED
from construction.experiments.table import EXPERIMENTS
from construction.explore import page as explore
from construction.explore.page import page_of
from construction.record.record import Record
from construction.theorem.construct import construct

from ..problems import right_start
from ..runs import name_a_run
from ..test_imports import loaded_by


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Addresses that a browser was asked to open."""
    addresses = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not addresses.append(address))
    return addresses


@pytest.fixture
def record(monkeypatch, tmp_path):
    """A saved record, in the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return construct(*right_start(), points=5).record().save("one.npz")


def test_the_page_lies_in_this_folder_under_the_records_name_and_is_opened(record, asked, capsys):
    assert command.main(["explore", "one.npz"]) == 0
    page = record.with_suffix(".html").resolve()
    assert page.read_text(encoding="utf-8") == page_of(Record.load(record))
    assert asked == [page.as_uri()]
    assert capsys.readouterr().out == "one.html\n"


def test_it_is_written_elsewhere_and_not_opened_when_so_asked(record, asked, capsys):
    arguments = ["explore", "one.npz", "--out", "deep/page.html", "--no-open"]
    assert command.main(arguments) == 0
    assert capsys.readouterr().out.strip() == "deep/page.html"
    assert not asked
    assert record.with_name("deep").joinpath("page.html").exists()


def test_a_page_of_the_users_is_not_replaced_without_being_named(record, asked, capsys):
    own = record.with_suffix(".html")
    own.write_text("<title>mine</title>")
    assert command.main(["explore", "one.npz"]) == 1
    assert "found none, and another's one.html. Name it, or another" in capsys.readouterr().err
    assert own.read_text() == "<title>mine</title>"
    assert command.main(["explore", "one.npz", "--out", "one.html"]) == 0
    assert command.main(["explore", "one.npz"]) == 0
    assert len(asked) == 2


def test_where_there_is_no_browser_the_page_is_written_and_that_is_said(
    record, monkeypatch, capsys
):
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    assert command.main(["explore", "one.npz"]) == 0
    assert "no browser was found here; any opens the page" in capsys.readouterr().err


def test_a_named_run_is_explored_once_it_is_computed(monkeypatch, tmp_path, asked, capsys):
    small = {"points": 5, "checks": 5, "profiles": ("even",), "detour_seed": None}
    name_a_run(monkeypatch, tmp_path / "cache", **small)
    monkeypatch.chdir(tmp_path)
    assert command.main(["explore", "tiny"]) == 1
    assert "`python -m construction run tiny` makes it" in capsys.readouterr().err
    command.main(["run", "tiny"])
    assert command.main(["explore", "tiny"]) == 0
    assert (tmp_path / "tiny.html").exists()


def test_findings_are_refused_with_what_draws_them(monkeypatch, tmp_path, asked, capsys):
    monkeypatch.chdir(tmp_path)
    name = "proposition-1"
    assert name in EXPERIMENTS
    copyfile(SHIPPED / f"{name}.npz", "found.npz")
    assert command.main(["explore", "found.npz"]) == 1
    assert (
        f"found what was measured of '{name}', which has no sheet. "
        "`python -m construction plot found.npz` draws it." in capsys.readouterr().err
    )
    assert not asked


def test_findings_of_ones_own_are_refused_as_those_of_a_run(monkeypatch, tmp_path, asked, capsys):
    monkeypatch.chdir(tmp_path)
    states = [{"w": torch.tensor(at)} for at in ([0.0, 0.0], [1.0, 2.0], [3.0, 1.0])]
    trajectory(states).record().save("t.npz")
    assert command.main(["explore", "t.npz"]) == 1
    err = capsys.readouterr().err
    assert "found what was measured of 't.npz', which has no sheet. " in err
    assert not asked


@pytest.mark.parametrize("out", ["page.pdf", "one.npz"])
def test_no_other_file_is_replaced(record, asked, capsys, out):
    before = record.read_bytes()
    assert command.main(["explore", "one.npz", "--out", out]) == 1
    assert "--out FILE.html" in capsys.readouterr().err
    assert record.read_bytes() == before


@pytest.mark.parametrize("shown", ["plot", "explore"])
def test_a_record_is_blamed_for_what_is_in_it_and_for_nothing_else(
    record, asked, capsys, monkeypatch, shown
):
    def fails(*_, **__):
        raise ValueError("nothing of the record's")

    name = "save" if shown == "plot" else "write_whole"
    with monkeypatch.context() as patch:
        patch.setattr(results, name, fails)
        with pytest.raises(ValueError, match="nothing of the record's"):
            command.main([shown, "one.npz"])
    patched = Record if shown == "plot" else explore
    monkeypatch.setattr(patched, "plot" if shown == "plot" else "page_of", fails)
    assert command.main([shown, "one.npz"]) == 1
    assert " at one.npz; found nothing of the record's. Make it anew" in capsys.readouterr().err


def test_exploring_needs_no_torch_and_no_matplotlib():
    loaded = loaded_by("import construction.commands.results, construction.explore.page")
    assert not loaded & {"torch", "manim", "matplotlib"}
