"""Two processes give the same as one, and an error on one ends the wait of the other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from construction import Record
from construction.errors import RankError
from construction.forward import ranks, samples
from construction.forward.samples import Samples

from ..ranks_watch import CASES, ERRORS

ROOT = Path(__file__).parents[2]


def start(folder: Path, rank: int) -> subprocess.Popen:
    words = [sys.executable, "-m", "tests.ranks_watch", str(folder), str(rank), "2"]
    words += [*ERRORS, *CASES]  # errors first: they must not spoil what follows
    env = {**os.environ, "CONSTRUCTION_CACHE": str(folder / "shared")}
    return subprocess.Popen(words, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> list[dict]:
    """What this process finds alone, and what each of two did."""
    folder = tmp_path_factory.mktemp("ranks")
    running = [start(folder, rank) for rank in (0, 1)]
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONSTRUCTION_CACHE", str(folder / "alone"))
            alone = {name: solve(0, 1) for name, solve in CASES.items()}
        for process in running:
            _, said = process.communicate(timeout=240)
            assert process.returncode == 0, said
    finally:
        for process in running:
            process.kill()
    for place in ("alone", "shared"):  # one result, of which no stage is left
        assert len([*(folder / place / "records").iterdir()]) == 1
    both = [(folder / f"{rank}.json").read_text() for rank in (0, 1)]
    return [alone, *map(json.loads, both)]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_two_processes_give_the_scales_objectives_and_certificate_of_one(found, name):
    alone, first, second = (np.array(one[name]) for one in found)
    np.testing.assert_allclose(first, alone, rtol=1e-12)
    assert first.tolist() == second.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "where", "message"),
    [
        ("not finite", 1, "finite inputs"),
        ("changing", 0, "the same samples in every pass"),
        ("changing-rays", 0, "the same samples in every pass"),
        ("label", 1, "class indices from 0 to 2"),
        ("loss", 1, "a loss that runs on"),
        ("surface", 1, "finite inputs"),
    ],
)
def test_an_error_on_one_rank_is_told_there_and_ends_the_wait_of_the_other(
    found, name, where, message
):
    kind, said, note = found[1 + where][name]
    assert kind == "InputError"
    assert message in said
    assert note == f"On rank {where} of 2."
    kind, said = found[2 - where][name]
    assert kind == "RankError"
    assert "all ranks to get through; found an error on 1 of 2. Their own messages" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("different tensors", "tensors to be the same on all ranks; found sums from"),
        ("different weights", "the weights W(1) to be the same on all ranks"),
        ("too few", "at least one sample a rank, 2; found 1. Use fewer ranks."),
        ("surfaces", "the weights to be the same on all ranks"),
        ("many", "the weights to be the same on all ranks"),
        ("both", "a profile among 'paper', 'even', 'valley'"),
    ],
)
def test_what_is_wrong_for_all_ranks_is_told_on_each(found, name, message):
    for rank in (0, 1):
        kind, said, note = found[1 + rank][name]
        assert (kind, note) == ("InputError", f"On rank {rank} of 2.")
        assert message in said


def test_a_process_alone_reduces_nothing():
    sums = torch.ones(3)
    assert ranks.summed_over_ranks(sums) is sums
    assert ranks.largest_over_ranks(-2.5) == -2.5
    assert ranks.rank_and_size() == (0, 1)
    assert ranks.bar_disabled() is None


@pytest.mark.parametrize("count", [2, 3, 10])
def test_shares_of_tensors_are_contiguous_and_whole(monkeypatch, count):
    inputs, shares = torch.arange(23.0)[:, None], []
    for rank in range(count):
        monkeypatch.setattr(samples, "rank_and_size", lambda rank=rank: (rank, count))
        own = Samples((inputs, inputs), torch.device("cpu"), torch.float32, 10**6)
        shares += [x for x, _ in own]
    assert torch.equal(torch.cat(shares), inputs)


def test_errors_of_a_process_alone_pass_as_they_are():
    with pytest.raises(KeyError) as caught, ranks.sharing_errors():
        raise KeyError("x")
    assert not getattr(caught.value, "__notes__", [])


@pytest.fixture
def beside_one_that_ended(monkeypatch):
    """The first rank of two, whose reductions fail."""

    def closed(*_: object, **__: object) -> None:
        raise RuntimeError("Connection closed by peer [127.0.0.1]:1\nmore")

    monkeypatch.setattr(ranks, "distributed", lambda: True)
    monkeypatch.setattr(ranks, "rank_and_size", lambda: (0, 2))
    monkeypatch.setattr(ranks, "_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(ranks.dist, "all_reduce", closed)


@pytest.mark.usefixtures("beside_one_that_ended")
def test_a_rank_that_has_ended_is_told_in_the_packages_own_words():
    with pytest.raises(RankError, match=r"one that has ended \(Connection .*:1\)\. Its own"):
        ranks.summed_over_ranks(torch.ones(1))


@pytest.mark.usefixtures("beside_one_that_ended")
def test_ones_own_error_is_told_where_another_rank_has_ended():
    with pytest.raises(KeyError, match="own"), ranks.sharing_errors():
        raise KeyError("own")


@pytest.mark.slow
def test_the_script_on_the_page_about_several_machines_runs_as_it_is(tmp_path):
    page = (ROOT / "docs" / "how-to" / "many-machines.md").read_text()
    script = tmp_path / "share.py"
    script.write_text(page.partition("```python\n")[2].partition("```")[0])
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*words, str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.split()
    assert (said[:2], said[-1]) == (["2", "1000"], "True")
    assert float(said[2]) > 1
    assert len(Record.load(tmp_path / "share.npz").routes[0].sheet.lam) == 51
