"""The run of Proposition 1: what it measures, keeps, reports, and takes up again."""

import itertools
import json
from dataclasses import asdict
from importlib.metadata import version

import numpy as np
import pytest

from construction.data import load
from construction.experiments.kept import record_path
from construction.experiments.proposition import measure
from construction.experiments.proposition.measure import count_above
from construction.experiments.proposition.settings import Proposition
from construction.experiments.proposition.words import (
    caption,
    curves,
    finding,
)
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.files import archive
from construction.record.findings import Findings
from construction.training.build import inputs_of
from construction.training.recipe import Recipe

from ..runs import count, interrupt

LOSSES = ("squared", "cross_entropy")

WIDTHS, CHOSEN = (1, 3), ("he", "default")


@pytest.fixture
def few(monkeypatch, tmp_path) -> Proposition:
    """A named run that takes a moment, with an empty cache."""
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "cache"))
    settings = Proposition(
        "Few networks",
        per_digit=2,
        samples=(1, 20),
        widths=WIDTHS,
        initialisations=CHOSEN,
        networks=50,
        takes="1 s",
    )
    monkeypatch.setitem(EXPERIMENTS, "few", settings)
    return settings


def findings_of_few(**options) -> Findings:
    return run("few", report=lambda line: None, **options)


def same(one: Findings, other: Findings) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in ("above", "neither"))


def test_a_run_counts_for_every_initialisation_width_loss_and_number_of_samples(few):
    found, data = findings_of_few(), inputs_of(Recipe(samples=2))[:2]
    assert found["above"].shape == found["neither"].shape == (2, 2, 2, 2)
    assert found.manifest["widths"] == [[784, width, 10] for width in WIDTHS]
    for i, initialisation in enumerate(CHOSEN):
        for n, width in enumerate(WIDTHS):
            options = {"initialisation": initialisation, "samples": (1, 20), "networks": 50}
            alone = count_above((784, width, 10), data, **options)
            for name in ("above", "neither"):
                assert np.array_equal(found[name][i, n], alone[name][0, 0])
    wanted = list(itertools.product(CHOSEN, LOSSES, (1, 20)))
    assert [(one.initialisation, one.loss, one.samples) for one in curves(found)] == wanted
    for curve in curves(found):
        assert curve.width.tolist() == list(WIDTHS)
        i, j, k = (
            names.index(entry)
            for names, entry in zip(
                (CHOSEN, LOSSES, (1, 20)),
                (curve.initialisation, curve.loss, curve.samples),
                strict=True,
            )
        )
        assert np.allclose(curve.share * 50, found["above"][i, :, j, k])


def test_the_manifest_says_how_it_came_about(few):
    entries = findings_of_few().manifest
    assert (entries["name"], entries["title"], entries["device"]) == ("few", "Few networks", "cpu")
    assert entries["settings"] == json.loads(json.dumps(asdict(few)))
    assert entries["data_checksums"] == {"mnist-5k": load("mnist-5k").checksum}
    assert entries["versions"]["torch"] == version("torch")
    assert (entries["networks"], entries["confidence"]) == (50, few.confidence)
    assert entries["seconds"] >= 0


def test_it_reports_each_stage_what_was_found_and_where_it_lies(few):
    lines = []
    found = run("few", report=lines.append)
    assert lines[0] == "few: Few networks; about 1 s on two cores"
    assert lines[1].startswith("  he, n = 1, bound 0.250: squared, 1 sample: ")
    first = curves(found)[0]
    (low, _), (high, _) = first.interval
    assert (
        f"squared, 1 sample: {first.share[0]:.3f} [{low:.3f}, {high:.3f}]; squared, 20 samples"
        in lines[1]
    )
    assert lines[5] == f"  {finding(found)}"
    assert lines[6:] == [lines[-1]]
    assert lines[-1].endswith(str(record_path("few")))


def test_a_second_run_comes_from_the_cache_and_fresh_counts_again(few, monkeypatch):
    first = findings_of_few()
    counted = count(monkeypatch, measure, "count_above")
    lines = []
    assert same(run("few", report=lines.append), first)
    assert lines == [f"few: from {record_path('few')}"]
    assert not counted
    assert same(findings_of_few(fresh=True), first)
    assert len(counted) == len(WIDTHS) * len(CHOSEN)


def test_an_interrupted_run_goes_on_where_it_stopped(few, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, measure, "count_above", 3)
        with pytest.raises(KeyboardInterrupt):
            findings_of_few()
    names = sorted(path.name.split("-", 2)[2] for path in record_path("few").parent.iterdir())
    assert names == ["he-1.part.npz", "he-3.part.npz"]
    counted = count(monkeypatch, measure, "count_above")
    resumed = findings_of_few()
    assert len(counted) == 2
    assert list(record_path("few").parent.iterdir()) == [record_path("few")]
    assert same(resumed, findings_of_few(fresh=True))


def of_the_former_kind(place) -> None:
    """What a run of Proposition 1 kept up to version 0.2: a list of probabilities."""
    counted = {name: np.array([50]) for name in ("networks", "above", "neither")}
    one = {"loss": "squared", "initialisation": "he", "widths": [784, 1, 10], "samples": 1}
    archive.write(place, counted, {"measured": [{**one, "confidence": 0.9999}], "name": "few"})


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: place.write_bytes(b""),
        lambda place: place.write_bytes(b"text"),
        of_the_former_kind,
    ],
    ids=["empty", "text", "former kind"],
)
def test_a_record_damaged_or_of_the_former_kind_is_counted_again_and_a_line_says_so(few, damage):
    first = findings_of_few()
    damage(record_path("few"))
    lines = []
    assert same(run("few", report=lines.append), first)
    assert lines[0].startswith("few: computed again, as the cached record is unusable. Expected")
    assert same(Findings.load(record_path("few")), first)


def test_the_caption_tells_what_the_proposition_speaks_of_apart_from_the_rest(few):
    found = findings_of_few()
    said = found.manifest["caption"]
    assert said == caption(found)
    assert "the share of 50 random networks a point, with exact intervals of 99.99 % each" in said
    above = [verdict for curve in curves(found)[:4] for verdict in curve.verdicts].count("above")
    assert (
        "Where the proposition speaks, for he, the bound lies above no interval (0 of 8), and "
        in said
    )
    assert f"below most intervals ({above} of 8; within {8 - above}; " in said
    assert "Outside it, for default, the bound lies " in said
