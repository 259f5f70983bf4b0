"""A kind of run that constructs no path: settings, stages, findings, and what is done to them."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from matplotlib import image

from construction import experiments
from construction.__main__ import main
from construction.errors import InputError, RecordError
from construction.experiments import kept
from construction.experiments import table as registry
from construction.experiments.kept import record_path
from construction.experiments.run import run
from construction.experiments.settings import Settings
from construction.experiments.table import EXPERIMENTS, Kind
from construction.record.findings import Findings
from scenes import source

from ..runs import TINY, count, interrupt, train_on_few_digits

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"
ENTRY = re.compile(r"^ {4}(Kind\(.*\),)$", re.MULTILINE)
FILE = re.compile(r"^`shares/(\w+)\.py`:.*?```python\n(.*?)```", re.DOTALL | re.MULTILINE)


def put(folder: Path) -> None:
    """Write the experiment of CONTRIBUTING.md into a folder."""
    written = FILE.findall(PAGE.read_text())
    assert [name for name, _ in written] == ["settings", "measure", "words", "figure"]
    (folder / "__init__.py").write_text('"""Shares."""\n')
    for name, code in written:
        (folder / f"{name}.py").write_text(code)


@pytest.fixture
def measure(monkeypatch, tmp_path) -> Iterator[ModuleType]:
    """Its module `measure`; the experiment is the package's for as long as a test runs."""
    folder = tmp_path / "added" / "shares"
    folder.mkdir(parents=True)
    put(folder)
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(folder.parent)])
    yield import_module("construction.experiments.shares.measure")
    for name in [name for name in sys.modules if name.startswith(f"{experiments.__name__}.shares")]:
        del sys.modules[name]
    vars(experiments).pop("shares", None)


@pytest.fixture
def shares(measure, monkeypatch, tmp_path) -> Settings:
    """The settings of its named run on few digits, with an empty cache and nothing shipped."""
    module = import_module("construction.experiments.shares.settings")
    settings = module.Shares("Shares of few digits", TINY, takes="1 s")
    train_on_few_digits(monkeypatch)
    monkeypatch.setattr(module, "RUNS", {"shares": settings})
    (kind,) = eval(f"({ENTRY.search(PAGE.read_text())[1]})", {"Kind": Kind, "shares": module})
    monkeypatch.setattr(registry, "KINDS", (*registry.KINDS, kind))
    monkeypatch.setitem(EXPERIMENTS, "shares", settings)
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "SHIPPED", tmp_path / "shipped")
    return settings


def found(**options) -> tuple[Findings, list[str]]:
    lines: list[str] = []
    return run("shares", report=lines.append, **options), lines


def test_a_run_gives_what_its_module_finds_with_how_it_came_about(shares):
    findings, lines = found()
    assert findings.parts == ("seed-0", "seed-1")
    assert findings["mean"] == pytest.approx(
        [findings.part(p)["right"].mean() for p in findings.parts]
    )
    manifest = findings.manifest
    assert manifest["settings"] == json.loads(json.dumps(asdict(shares)))
    assert (manifest["name"], manifest["title"], manifest["digest"]) == (
        "shares",
        shares.title,
        shares.digest,
    )
    assert manifest["command"] == "python -m construction run shares"
    assert (manifest["seeds"], manifest["device"], manifest["resumed"]) == ([0, 1], "cpu", False)
    assert manifest["versions"]["torch"] == version("torch")
    assert len(set(manifest["weights_checksums"])) == 2
    assert lines[0] == "shares: Shares of few digits; about 1 s on two cores"
    assert [line.split(":")[0] for line in lines[3:5]] == ["  seed-0", "  seed-1"]
    assert lines[-1].endswith(str(record_path("shares")))
    assert Findings.load(record_path("shares")).manifest == manifest


def test_an_interrupted_run_keeps_what_is_finished_and_says_that_it_went_on(
    shares, measure, monkeypatch
):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, measure, "share", 2)
        with pytest.raises(KeyboardInterrupt):
            found()
    measured = count(monkeypatch, measure, "share")
    findings, _ = found()
    assert len(measured) == 1
    assert findings.manifest["resumed"]
    assert list(record_path("shares").parent.iterdir()) == [record_path("shares")]


def test_fresh_computes_again_and_tells_that_the_numbers_are_the_same(shares, measure, monkeypatch):
    first, _ = found()
    measured = count(monkeypatch, measure, "share")
    second, lines = found(fresh=True)
    assert len(measured) == 2
    assert lines[-2] == "  the same numbers as in the earlier record"
    assert lines[-1] == "  every sentence of the earlier findings holds (1)"
    assert all(np.array_equal(first[name], second[name]) for name in first.arrays)
    assert list(record_path("shares").parent.iterdir()) == [record_path("shares")]


def test_fresh_tells_which_numbers_differ_even_after_an_interruption(shares, measure, monkeypatch):
    first, _ = found()
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, measure, "share", 1)
        with pytest.raises(KeyboardInterrupt):
            found(fresh=True)
    monkeypatch.setattr(measure, "share", lambda *_: Findings({"right": np.ones(200, bool)}))
    _, lines = found()
    assert lines[-2].startswith("  other numbers than in the earlier record, ")
    by = np.abs(1 - first["mean"]).max() / first["mean"].max()
    assert f"mean by {by:.1e}" in lines[-2]
    lost = "Most digits are right with no seed."
    assert lines[-1] == f"  1 of 1 sentences of the earlier findings do not hold: {lost}"


# --- shipped results -----------------------------------------------------------------------------


@pytest.fixture
def shipped(shares) -> Findings:
    """The findings of that run, shipped, with nothing in the cache."""
    findings, _ = found()
    findings.save(kept.SHIPPED / "shares.npz")
    record_path("shares").unlink()
    return findings


def test_a_shipped_result_is_used_and_nothing_computed(shipped, measure, monkeypatch):
    measured = count(monkeypatch, measure, "share")
    findings, lines = found()
    assert findings.manifest == shipped.manifest
    assert not measured
    assert lines == [
        f"shares: as shipped, {kept.SHIPPED / 'shares.npz'}; --fresh computes it again"
    ]
    assert kept.result_of("shares").manifest == shipped.manifest


def test_fresh_compares_with_the_shipped_result(shipped):
    _, lines = found(fresh=True)
    assert lines[-2:] == [
        "  the same numbers as in the shipped record",
        "  every sentence of the shipped findings holds (1)",
    ]


def test_a_run_that_was_begun_anew_goes_on_though_a_result_is_shipped(shipped, measure):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, measure, "share", 2)
        with pytest.raises(KeyboardInterrupt):
            found(fresh=True)
    _, lines = found()
    assert lines[-2:] == [
        "  the same numbers as in the shipped record",
        "  every sentence of the shipped findings holds (1)",
    ]


def test_an_interruption_of_its_training_goes_on_too(shipped):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, torch.optim.Adam, "step", 3)
        with pytest.raises(KeyboardInterrupt):
            found(fresh=True)
    findings, lines = found()
    assert lines[-2] == "  the same numbers as in the shipped record"
    assert not findings.manifest["resumed"]  # no stage was finished
    assert list(record_path("shares").parent.iterdir()) == [record_path("shares")]


@pytest.mark.parametrize("fault", ["other settings", "damaged"])
def test_a_shipped_result_of_other_settings_or_damaged_is_not_used(shipped, fault):
    place = kept.SHIPPED / "shares.npz"
    if fault == "damaged":
        place.write_bytes(place.read_bytes()[:500])
    else:
        shipped.described(digest="0" * 12).save(place)
    assert kept.shipped_path("shares") is None
    with pytest.raises(RecordError, match="a record of the run 'shares'; found that it has not"):
        kept.result_of("shares")
    assert found()[1][0].startswith("shares: Shares")


def test_the_digest_is_of_the_settings_and_the_revision_of_their_kind_alone(shares, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda package: "99")
    assert replace(shares, title="other").digest == shares.digest
    before = shares.digest
    monkeypatch.setattr(type(shares), "revision", 2)
    assert shares.digest != before


def test_the_data_sets_of_a_run_are_those_of_its_recipes_too(shares):
    assert shares.data_sets == ("mnist-5k",)
    assert replace(shares, recipe=replace(TINY, data="cifar-10")).data_sets == ("cifar-10",)
    assert found()[0].manifest["data_checksums"].keys() == {"mnist-5k"}


# --- figures -------------------------------------------------------------------------------------


def test_plot_draws_what_a_run_has_found_by_name_or_from_its_file(
    shares, monkeypatch, capsys, tmp_path
):
    monkeypatch.chdir(tmp_path)
    assert main(["plot", "shares"]) == 1
    assert "`python -m construction run shares` makes it" in capsys.readouterr().err
    found()
    assert main(["plot", "shares", "--theme", "dark", "--width", "4"]) == 0
    assert main(["plot", str(record_path("shares")), "--out", "again.png"]) == 0
    assert capsys.readouterr().out.split() == [
        "shares.pdf",
        "shares.txt",
        "again.png",
        "again.txt",
    ]
    text = "Shares of few digits. Training digits that are classified correctly. Most digits are "
    assert Path("again.txt").read_text().startswith(text)
    assert image.imread("again.png").shape[1] == 5.5 * 300
    assert main(["plot", "shares", "--route", "line"]) == 1
    assert "--route for a record of constructed paths" in capsys.readouterr().err


def test_list_knows_an_experiment_that_was_added(shares, capsys):
    assert main(["list"]) == 0
    assert "shares of few digits  (takes 1 s; on mnist-5k; not computed)".lower() in (
        capsys.readouterr().out.lower()
    )


def test_a_scene_finds_what_a_run_has_found_and_refuses_one_of_another_kind(shares, monkeypatch):
    monkeypatch.delenv("CONSTRUCTION_RUN", raising=False)
    findings, _ = found()
    assert source.result("shares").manifest == findings.manifest
    monkeypatch.setenv("CONSTRUCTION_RUN", str(record_path("shares")))
    assert source.result("shares").manifest == findings.manifest
    monkeypatch.setenv("CONSTRUCTION_RUN", "mnist-mlp")
    with pytest.raises(InputError, match="like that of 'shares'; found 'mnist-mlp', which is"):
        source.result("shares")
