"""The records that are shipped are small, whole, and those of the settings as they are."""

import numpy as np
import pytest

from construction.experiments.kept import SHIPPED, result_of, shipped_path
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.files.archive import read
from construction.record.findings import Findings

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


def test_a_shipped_record_is_what_its_command_computes(monkeypatch, tmp_path):
    """The walks to rounding; trainings, which other processors round otherwise, to 2 %."""
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path))
    wanted = Findings.load(SHIPPED / "trajectory.npz")
    found = run("trajectory", fresh=True, report=lambda _: None)
    assert found.arrays.keys() == wanted.arrays.keys()
    for name, values in wanted.arrays.items():
        share = 1e-4 if name.startswith(("walk", "published")) else 0.02
        np.testing.assert_allclose(found[name], values, atol=share * np.abs(values).max())
