"""A few dozen inputs and a few kills of the two campaigns about files."""

import os
import sys

import pytest

from ..campaigns import fuzz, kills


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """Readers by kind, and a folder to work in."""
    folder = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield fuzz.kinds(folder, patch), folder


@pytest.mark.parametrize("kind", ["data", "weights", "record", "proof", "run.json", "idx"])
def test_damaged_and_hostile_files_are_read_or_refused_with_one_message(kinds, kind):
    readers, folder = kinds
    assert set(readers) == set(fuzz.KINDS)
    outcomes, notes = fuzz.counted(readers[kind], folder, 36, seed=1)
    assert not notes
    assert outcomes["refused"] > 9


def test_the_campaign_notices_what_it_looks_for(kinds):
    def fails(file):
        raise KeyError("x")

    outcomes, notes = fuzz.counted(fuzz.Kind({"a": b"abc"}, [], fails), kinds[1], 4)
    assert outcomes == {"fault: KeyError": 4}
    assert len(notes) == 3


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform == "win32", reason="kills of POSIX")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_run_that_is_killed_completes_and_leaves_nothing_over(tmp_path):
    counts = kills.campaign(6, tmp_path, seed=1)
    assert counts["completed"] >= 1
    assert not {what: n for what, n in counts.items() if what.startswith("fault") and n}
