"""A sweep over recipes, its parts, and its table."""

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from construction.commands.parser import parser
from construction.draw.figure import PALETTES, add_caption
from construction.errors import InputError
from construction.experiments import kept, stages
from construction.experiments.kept import part_path, record_path
from construction.experiments.run import BEGUN, run
from construction.experiments.shape import shape_of
from construction.experiments.sweep.figure import OPAQUE, draw
from construction.experiments.sweep.settings import Step, Sweep
from construction.experiments.sweep.words import ZERO, cells, finding, trained
from construction.experiments.table import EXPERIMENTS
from construction.record.findings import Findings
from construction.training.side_by_side import train_all
from construction.training.training import finished_run

from ..draw.test_figure import assert_words_are_readable, contrast
from ..runs import TINY, train_on_few_digits
from ..started import started

ROOT = Path(__file__).parents[2]
SWEEP = Sweep(
    "Few digits",
    replace(TINY, initialisation="default", epochs=6),
    hidden=(1,),
    width=8,
    steps=(Step("adam", 3e-2), Step("sgd", 1e30, 0.9)),
    points=4,
    images=100,
    takes="1 s",
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> Findings:
    """A tiny sweep, half of whose networks diverge."""
    with pytest.MonkeyPatch.context() as patch:
        train_on_few_digits(patch)
        patch.setitem(EXPERIMENTS, "tiny-sweep", SWEEP)
        patch.setenv("CONSTRUCTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(kept, "SHIPPED", tmp_path_factory.mktemp("shipped"))
        found = run("tiny-sweep", report=lambda line: None)
    assert isinstance(found, Findings)
    return found


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """The sweep of `swept`, not begun, in a cache of its own."""
    train_on_few_digits(monkeypatch)
    monkeypatch.setitem(EXPERIMENTS, "tiny-sweep", SWEEP)
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(kept, "SHIPPED", tmp_path / "shipped")


def same(one: Findings, other: Findings) -> None:
    assert one.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(one[name], other[name]) for name in one.arrays)
    for name in ("rows", "diverged", "finding"):
        assert one.manifest[name] == other.manifest[name]


def test_parts_that_jobs_compute_are_joined_to_the_whole_sweep(swept, tiny, monkeypatch):
    whole, trained = swept, []

    def noted(places, **options):
        missing = {recipe for recipe, folder in places.items() if not finished_run(recipe, folder)}
        trained.append(len(missing))
        return train_all(places, **options)

    monkeypatch.setattr(stages, "train_all", noted)
    shares = [run("tiny-sweep", part=(k, 3), report=lambda _: None) for k in (2, 3, 1)]
    assert sum(len(one.manifest["rows"]) for one in shares) == len(whole.manifest["rows"])
    assert trained == [5, 5, 6]
    same(run("tiny-sweep", report=lambda _: None), whole)
    assert trained[3] == len(whole.manifest["diverged"])  # of which nothing is kept


def test_a_sweep_that_diverges_altogether_is_refused_and_its_shares_are_not(tiny, monkeypatch):
    wild = replace(SWEEP, steps=SWEEP.steps[1:], batch_norm=(False,), seeds=(0,))
    monkeypatch.setitem(EXPERIMENTS, "tiny-sweep", wild)
    share = run("tiny-sweep", part=(1, 2), report=lambda _: None)
    assert share.manifest["rows"] == []
    assert len(share.manifest["diverged"]) == 1
    with pytest.raises(InputError, match="at least comes to an end; found all 2 diverged"):
        run("tiny-sweep", report=lambda _: None)


def test_the_whole_says_by_what_its_parts_were_computed(tiny, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "versions", lambda: {"torch": "another"})
        run("tiny-sweep", part=(1, 2), report=lambda _: None)
    manifest = run("tiny-sweep", report=lambda _: None).manifest
    mine = {"device": manifest["device"], "versions": manifest["versions"]}
    other = {"device": "cpu", "versions": {"torch": "another"}}
    assert sorted(manifest["stages"], key=str) == sorted([mine, other], key=str)


def test_what_is_finished_stands_beside_a_part_that_is_late(swept, tiny, monkeypatch):
    place = record_path("tiny-sweep")
    swept.save(place)
    late = Findings({"late": np.ones(1)}).save(part_path(place, "late"))
    with monkeypatch.context() as patch:
        patch.setattr(stages, "train_all", None)
        same(run("tiny-sweep", report=lambda _: None), swept)
    assert late.exists()
    Findings({}).save(part_path(place, BEGUN))
    again = run("tiny-sweep", report=lambda _: None)  # which goes on with what is begun
    assert again.manifest["stages"]


@pytest.mark.slow
def test_three_processes_at_once_compute_what_one_does(swept, tiny):
    words = [sys.executable, "-m", "tests.part_watch"]
    with ExitStack() as jobs:
        commands = [[*words, f"{k}/3"] for k in (1, 2, 3)]
        running = [jobs.enter_context(started(command, cwd=ROOT)) for command in commands]
        assert [process.wait(timeout=240) for process in running] == [0, 0, 0]
    same(run("tiny-sweep", report=lambda _: None), swept)


def test_parts_of_what_is_in_one_piece_and_parts_anew_are_refused(tiny):
    match = r"a part of a sweep, without --fresh.*; found 'digits-mlp', which is in one piece\. `p"
    with pytest.raises(InputError, match=match):
        run("digits-mlp", part=(1, 2))
    with pytest.raises(InputError, match=r"; found --fresh\. .* run tiny-sweep` computes what is"):
        run("tiny-sweep", part=(1, 2), fresh=True)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/"])
def test_a_part_that_is_none_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["run", "sweep", "--part", text])
    assert f"expected K/N, as 3/16, found {text!r}" in capsys.readouterr().err


def test_every_recipe_has_a_row_a_treatment_or_is_told_to_have_diverged(swept):
    manifest = swept.manifest
    assert len(list(SWEEP.recipes)) == 16
    networks = {(r["batch_norm"], r["step"], r["loss"], r["seed"]) for r in manifest["rows"]}
    assert len(networks) + len(manifest["diverged"]) == 16
    assert manifest["diverged"]
    assert all("finite" in one["why"] for one in manifest["diverged"])
    norms = [row for row in manifest["rows"] if row["batch_norm"]]
    assert {row["treatment"] for row in norms} == {"interpolate", "recompute"}


def test_the_measures_of_a_row_are_those_of_its_line(swept):
    for k, values in enumerate(swept["objective"].astype(float)):
        shape = shape_of(swept["lam"], values)
        assert swept["rise"][k] == pytest.approx(shape.rise.value, abs=1e-6)
        assert swept["plateau"][k] == pytest.approx(shape.plateau, abs=1e-5)
        assert 0 <= swept["accuracy"][k] <= 1
    assert (swept["minimum"] <= swept["objective"] + 1e-6).all()


def test_the_table_counts_every_trained_line_once(swept):
    table = cells(swept)
    counted = sorted(k for lines in table.values() for k in lines)
    assert counted == np.flatnonzero(trained(swept)).tolist()
    assert len(table) == 2 * 2 * 3
    zero = [ZERO[row["loss"]] for row in swept.manifest["rows"]]
    highest = (swept["hill"] / zero)[trained(swept)].max()
    assert f"by {highest:.1%} of L(0) at most" in swept.manifest["finding"]


def lines_of(monotone, hill, last) -> Findings:
    """Lines of two steps in turn, from an objective of 1 to the last ones."""
    objective = np.stack([np.ones(len(last)), np.array(last)], 1)
    arrays = {"objective": objective, "monotone": np.array(monotone), "hill": np.array(hill)}
    arrays["minimum_hill"] = np.full(len(last), 1e-9)
    rows = [{"loss": "squared", "step": f"SGD {k % 2}"} for k in range(len(last))]
    return Findings(arrays, {"rows": rows, "diverged": []})


def test_what_rounding_makes_of_a_line_is_no_climb_and_steps_that_rise_as_often_are_all_told():
    sentence = finding(lines_of([1, 1, 1, 1], [0, 1e-8, 0, 0], [0.1, 0.1, 0.1, 0.1]))
    assert "every line (4 of 4) are monotone" in sentence
    assert "rise most often is none (not monotone: SGD 0 0%, SGD 1 0%)" in sentence
    assert "climbs above its start on no line (0 of 4; by 0.0% of L(0) at most" in sentence
    assert "all scales, on 0)" in sentence
    even = finding(lines_of([1, 0, 0, 1], [0, 0, 0.2, 1e-8], [0.1, 0.1, 0.1, 0.1]))
    assert "rise most often is SGD 0 and SGD 1 (not monotone: SGD 0 50%, SGD 1 50%)" in even
    assert "climbs above its start on some lines (1 of 4; by 20.0% of L(0)" in even
    assert finding(lines_of([1], [0], [0.9])) == "No line leads to trained weights (0 of 1)."


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [2.5, 4, 5.5])
def test_the_words_of_the_shipped_figure_are_readable(width):
    findings = kept.result_of("sweep")
    figure = draw(findings, width=width)
    add_caption(figure, findings.manifest["caption"])
    assert_words_are_readable(figure)


@pytest.mark.parametrize("theme", PALETTES)
def test_words_on_the_darkest_cell_have_a_contrast_of_4_5_to_1(theme):
    colors = PALETTES[theme]
    cover, page = (np.array(to_rgb(c)) for c in (colors.constructed, colors.background))
    assert contrast(to_hex(OPAQUE * cover + (1 - OPAQUE) * page), colors.ink) >= 4.5
