"""A kind of run that constructs no path: settings, stages, findings, and what is done to them."""

import json
import sys
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from types import ModuleType

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from construction.__main__ import main
from construction.errors import InputError, RecordError
from construction.network.architectures import build, inputs_of
from construction.record import kept
from construction.record.findings import Findings, joined
from construction.running.experiments import run
from construction.settings import EXPERIMENTS, Kind, Recipe, Settings, record_path, registry
from scenes import source

from .runs import TINY, count, interrupt, train_on_few_digits


@dataclass(frozen=True)
class Shares(Settings):
    """Of which training digits each of some networks is right."""

    recipe: Recipe = TINY
    seeds: tuple[int, ...] = (0, 1)


def share(run) -> Findings:
    inputs, targets, _, _ = inputs_of(run.recipe)
    network = build(run.recipe)
    network.load_state_dict(run.final)
    with torch.no_grad():
        right = network(inputs).argmax(1) == targets
    return Findings({"right": right.numpy()}, {"seed": run.recipe.seed})


def conduct(settings, stages, report) -> Findings:
    runs = [stages.train(replace(settings.recipe, seed=seed)) for seed in settings.seeds]
    parts = {}
    for one in runs:
        seed = one.recipe.seed
        parts[f"seed-{seed}"] = stages.once(f"seed-{seed}", lambda one=one: MODULE.share(one))
        report(f"  seed {seed}: {parts[f'seed-{seed}']['right'].mean():.2f}")
    return joined(parts, {"mean": np.array([p["right"].mean() for p in parts.values()])})


MODULE = ModuleType("construction.measured.shares")
MODULE.conduct, MODULE.share = conduct, share


@pytest.fixture
def shares(monkeypatch, tmp_path) -> Shares:
    """A named run of that kind, with an empty cache and nothing shipped."""
    settings = Shares("Shares of few digits", takes="1 s")
    train_on_few_digits(monkeypatch)
    monkeypatch.setitem(sys.modules, MODULE.__name__, MODULE)
    kind = Kind(Shares, {"shares": settings}, "measured.shares")
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
    told = findings.manifest
    assert told["settings"] == json.loads(json.dumps(asdict(shares)))
    assert (told["name"], told["title"], told["digest"]) == ("shares", shares.title, shares.digest)
    assert told["command"] == "python -m construction run shares"
    assert (told["seeds"], told["device"], told["resumed"]) == ([0, 1], "cpu", False)
    assert told["versions"]["torch"] == version("torch")
    assert len(set(told["weights_checksums"])) == 2
    assert lines[0] == "shares: Shares of few digits; about 1 s on two cores"
    assert lines[3].startswith("  seed 0: ")
    assert lines[-1].endswith(str(record_path("shares")))
    assert Findings.load(record_path("shares")).manifest == told


def test_an_interrupted_run_keeps_what_is_finished_and_says_that_it_went_on(shares, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, MODULE, "share", 2)
        with pytest.raises(KeyboardInterrupt):
            found()
    measured = count(monkeypatch, MODULE, "share")
    findings, _ = found()
    assert len(measured) == 1
    assert findings.manifest["resumed"]
    assert list(record_path("shares").parent.iterdir()) == [record_path("shares")]


def test_fresh_computes_again_and_tells_that_the_numbers_are_the_same(shares, monkeypatch):
    first, _ = found()
    measured = count(monkeypatch, MODULE, "share")
    second, lines = found(fresh=True)
    assert len(measured) == 2
    assert lines[-1] == "  the same numbers as in the earlier record"
    assert all(np.array_equal(first[name], second[name]) for name in first.arrays)
    assert list(record_path("shares").parent.iterdir()) == [record_path("shares")]


def test_fresh_tells_which_numbers_differ_even_after_an_interruption(shares, monkeypatch):
    first, _ = found()
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, MODULE, "share", 1)
        with pytest.raises(KeyboardInterrupt):
            found(fresh=True)
    monkeypatch.setattr(MODULE, "share", lambda one: Findings({"right": np.ones(200, bool)}))
    _, lines = found()
    assert lines[-1].startswith("  other numbers than in the earlier record: ")
    by = np.abs(1 - first["mean"]).max() / first["mean"].max()
    assert f"mean by {by:.1e}" in lines[-1]


# --- shipped results -----------------------------------------------------------------------------


@pytest.fixture
def shipped(shares) -> Findings:
    """The findings of that run, shipped, with nothing in the cache."""
    findings, _ = found()
    findings.save(kept.SHIPPED / "shares.npz")
    record_path("shares").unlink()
    return findings


def test_a_shipped_result_is_used_and_nothing_computed(shipped, monkeypatch):
    measured = count(monkeypatch, MODULE, "share")
    findings, lines = found()
    assert findings.manifest == shipped.manifest
    assert not measured
    assert lines == [
        f"shares: as shipped, {kept.SHIPPED / 'shares.npz'}; --fresh computes it again"
    ]
    assert kept.result_of("shares").manifest == shipped.manifest


def test_fresh_compares_with_the_shipped_result(shipped):
    _, lines = found(fresh=True)
    assert lines[-1] == "  the same numbers as in the shipped record"


def test_a_run_that_was_begun_anew_goes_on_though_a_result_is_shipped(shipped):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, MODULE, "share", 2)
        with pytest.raises(KeyboardInterrupt):
            found(fresh=True)
    _, lines = found()
    assert lines[-1] == "  the same numbers as in the shipped record"


@pytest.mark.parametrize("fault", ["other settings", "damaged"])
def test_a_shipped_result_of_other_settings_or_damaged_is_not_used(shipped, fault):
    place = kept.SHIPPED / "shares.npz"
    if fault == "damaged":
        place.write_bytes(place.read_bytes()[:500])
    else:
        shipped.described(digest="0" * 12).save(place)
    assert kept.shipped("shares") is None
    with pytest.raises(RecordError, match="a record of the run 'shares'; found that it has not"):
        kept.result_of("shares")
    assert found()[1][0].startswith("shares: Shares")


def test_the_digest_is_of_the_settings_and_the_revision_of_their_kind_alone(shares, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda package: "99")
    assert replace(shares, title="other").digest == shares.digest
    before = shares.digest
    monkeypatch.setattr(Shares, "revision", 2)
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
    assert "Expected a run that has a figure; found 'shares'" in capsys.readouterr().err
    drawing = ModuleType("construction.figure.shares")
    asked = []

    def draw(findings, *, theme, width):
        asked.append((findings.parts, theme, width))
        return Figure((width, 2))

    drawing.draw = draw
    monkeypatch.setitem(sys.modules, drawing.__name__, drawing)
    *others, mine = registry.KINDS
    with_figure = mine._replace(drawn_by="figure.shares")
    monkeypatch.setattr(registry, "KINDS", (*others, with_figure))
    assert main(["plot", "shares"]) == 1
    assert "`python -m construction run shares` makes it" in capsys.readouterr().err
    found()
    assert main(["plot", "shares", "--theme", "dark", "--width", "4"]) == 0
    assert main(["plot", str(record_path("shares")), "--out", "again.png"]) == 0
    assert asked == [(("seed-0", "seed-1"), "dark", 4.0), (("seed-0", "seed-1"), "light", 5.5)]
    assert capsys.readouterr().out == "shares.pdf\nagain.png\n"
    assert main(["plot", "shares", "--route", "line"]) == 1
    assert "--route for a record of constructed paths" in capsys.readouterr().err


def test_a_scene_finds_what_a_run_has_found_and_refuses_one_of_another_kind(shares, monkeypatch):
    monkeypatch.delenv("CONSTRUCTION_RUN", raising=False)
    findings, _ = found()
    assert source.result("shares").manifest == findings.manifest
    monkeypatch.setenv("CONSTRUCTION_RUN", str(record_path("shares")))
    assert source.result("shares").manifest == findings.manifest
    monkeypatch.setenv("CONSTRUCTION_RUN", "mnist-mlp")
    with pytest.raises(InputError, match="a run like 'shares'; found 'mnist-mlp', which is"):
        source.result("shares")
