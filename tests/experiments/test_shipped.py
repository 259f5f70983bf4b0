"""The records that are shipped are small, whole, and those of the settings as they are."""

import numpy as np
import pytest

from construction.__main__ import main
from construction.experiments.kept import SHIPPED, result_of, shipped_path
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.files.archive import read
from construction.record.findings import Findings

from ..campaigns.same_numbers import compared

PLACES = sorted(SHIPPED.glob("*"))


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_shipped_record_is_small_and_used(place, monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    assert place.suffix == ".npz"
    assert place.stem in EXPERIMENTS
    assert place.stat().st_size <= 100_000
    assert shipped_path(place.stem) == place
    manifest = read(place)[1]
    assert manifest["command"] == f"python -m construction run {place.stem}"
    assert (manifest["name"], manifest["digest"]) == (place.stem, EXPERIMENTS[place.stem].digest)
    assert manifest.keys() >= {
        "data_checksums",
        "versions",
        "device",
        "threads",
        "seconds",
        "settings",
    }
    assert result_of(place.stem).manifest["name"] == place.stem


def test_the_campaign_tells_other_numbers_from_a_sentence_that_does_not_hold(tmp_path):
    shipped = Findings.load(SHIPPED / "barrier-mlp.npz")
    place = shipped.save(tmp_path / "same.npz")
    assert compared("barrier-mlp", place) == ("same bits; 4 of 4 hold", True)
    curve = shipped["interpolate/train_objective"]
    cases = {
        "to 2e-07; 4 of 4 hold": curve * np.float32(1 + 2e-7),
        "others; 4 of 4 hold": curve * 0.999,
    }
    for words, other in cases.items():
        changed = {**shipped.arrays, "interpolate/train_objective": other.astype(np.float32)}
        place = Findings(changed, shipped.manifest).save(tmp_path / "other.npz")
        assert compared("barrier-mlp", place) == (words, True)
    kept = {name: array for name, array in shipped.arrays.items() if "valley" not in name}
    place = Findings(kept, shipped.manifest).save(tmp_path / "none.npz")
    assert compared("barrier-mlp", place) == ("others; 3 of 4 hold", False)


@pytest.mark.slow
def test_a_shipped_record_is_what_its_command_computes(monkeypatch, tmp_path):
    """Its sentences; the walks to rounding, and trainings, which processors round apart, to 2 %."""
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    wanted = Findings.load(SHIPPED / "trajectory.npz")
    lines: list[str] = []
    found = run("trajectory", fresh=True, report=lines.append)
    assert lines[-1] == "  every sentence of the shipped findings holds (2)"
    assert found.arrays.keys() == wanted.arrays.keys()
    for name, values in wanted.arrays.items():
        share = 1e-4 if name.startswith(("walk", "published")) else 0.02
        np.testing.assert_allclose(found[name], values, atol=share * np.abs(values).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", [place.stem for place in PLACES])
def test_a_caption_begins_with_the_title_and_says_it_once(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    assert main(["plot", name]) == 0
    title, text = EXPERIMENTS[name].title, (tmp_path / f"{name}.txt").read_text()
    assert text.startswith(f"{title}. ")
    assert text.count(title) == 1
