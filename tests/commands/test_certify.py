"""`certify` checks a saved result again, and says which weights or data differ."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from construction.__main__ import main
from construction.commands.certify import _recorded_points
from construction.record.record import Record

from ..users_folder import CLASSES, REAL, settled_in, solved, strict_json


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """With a result that was not checked."""
    for place in settled_in(tmp_path, monkeypatch):
        assert solved(*REAL, "--check", 0, "--quiet") == 0
        yield place


def certified(*more) -> int:
    return main(["certify", "result.npz", "--model", "net.py:build", "--check", "11", *more])


def test_a_result_is_confirmed_and_its_certificate_kept(folder, capsys):
    assert certified() == 0
    out = capsys.readouterr().out
    assert out.startswith("Check: checked at 11 points")
    assert "\nPoints: at most 11, while lambda runs of the record's grid alone\n" in out
    assert out.endswith("Saved: result.npz\n")
    record = Record.load("result.npz")
    (journey,) = record.routes[0].journeys.values()
    assert not journey.certificate.off_grid.any()
    assert journey.certificate.holds
    assert record.manifest["certified"]["data"]["source"] == ["real.npz"]
    assert record.manifest["solve"] == Record.load("result.npz").manifest["solve"]


def test_another_file_may_be_named_and_json_says_so(folder, capsys):
    before = (folder / "result.npz").read_bytes()
    assert certified("--out", "certified.npz", "--json") == 0
    printed = strict_json(capsys.readouterr().out)
    assert (printed["record"], printed["differing"]) == ("certified.npz", [])
    assert printed["certificate"]["holds"]
    assert printed["certificate"]["deviation"] < 1e-6
    assert (folder / "result.npz").read_bytes() == before
    assert Record.load("certified.npz").routes[0].journeys["paper"].certificate.holds


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (("--final", "late.safetensors"), "late.safetensors are not those recorded from trained"),
        (("--data", "moved.npz"), "the data moved.npz are not those recorded"),
        (("--loss", "absolute"), "the loss absolute, not squared"),
        (("--checkpoint", "late.safetensors"), "has 3 sets of weights, not 2"),
    ],
    ids=lambda value: value[0].strip("-") if isinstance(value, tuple) else "",
)
def test_what_is_not_the_records_is_noticed_and_by_how_much(folder, capsys, given, note):
    moved = dict(np.load("real.npz"))
    np.savez("moved.npz", inputs=moved["inputs"], targets=moved["targets"] + 0.01)
    before = (folder / "result.npz").read_bytes()
    assert certified(*given) == 4
    out = capsys.readouterr().out
    assert out.startswith("Note: ")
    assert note in out
    assert "\nCheck: not satisfied at " in out
    assert " is missed by a relative " in out
    assert "Give the model, weights, data and loss that it was made from" in out
    assert out.endswith("\nNothing was saved\n")
    assert (folder / "result.npz").read_bytes() == before
    assert certified(*given, "--quiet", "--json") == 4
    printed = strict_json(capsys.readouterr().out)
    assert (printed["certificate"]["holds"], printed["record"]) == (False, None)
    assert note in printed["differing"][0]


def test_weights_that_differ_between_the_ends_alone_are_noticed(folder, capsys):
    """Hidden units in another order are the same network, but not the same base path."""
    state = load_file("trained.safetensors")
    order = torch.arange(12).flip(0)
    state["1.weight"], state["1.bias"] = state["1.weight"][order], state["1.bias"][order]
    state["3.weight"] = state["3.weight"][:, order].contiguous()
    save_file(state, "permuted.safetensors")
    assert certified("--final", "permuted.safetensors", "--json") == 4
    found = strict_json(capsys.readouterr().out)["certificate"]
    assert found["deviation"] > 1e-3
    assert max(found["initial_error"], found["final_error"]) < found["tolerance"]


def test_the_same_weights_in_another_kind_of_file_are_the_same(folder, capsys):
    torch.save(load_file("trained.safetensors"), "trained.pt")
    assert certified("--final", "trained.pt") == 0
    assert "Note" not in capsys.readouterr().out


def changed(**changes) -> None:
    """Change the constructed path in the record."""
    record = Record.load("result.npz")
    (route,) = record.routes
    (journey,) = route.journeys.values()
    journeys = {journey.profile: replace(journey, **changes)}
    replace(record, routes=(replace(route, journeys=journeys),)).save("result.npz")


def test_every_recorded_lambda_and_every_phase_is_checked_where_there_are_points_for_it(folder):
    assert main(["certify", "result.npz", "--model", "net.py:build", "--quiet"]) == 0
    (route,) = Record.load("result.npz").routes
    (journey,) = route.journeys.values()
    check = journey.certificate
    assert set(route.sheet.lam) == set(check.lam)
    assert (check.s[0], check.s[-1]) == (0, 1)
    assert (np.diff(check.s) > 0).all()
    assert {phase.stop for phase in journey.phases} <= set(check.s)
    assert (check.lam == 1).sum() > 300  # of the descent


@pytest.mark.parametrize("name", ["scale", "objective", "target"])
def test_one_number_that_was_changed_is_found(folder, capsys, name):
    (journey,) = Record.load("result.npz").routes[0].journeys.values()
    numbers = getattr(journey, name).copy()
    numbers[4] *= 1 + 1e-4
    changed(**{name: numbers})
    assert certified("--check", "99") == 4
    out, lam = capsys.readouterr().out, Record.load("result.npz").routes[0].sheet.lam[4]
    assert "the target is missed by a relative " in out
    assert f"The largest deviation is at lambda = {lam:.4g}. Give the model, weights" in out


def test_a_path_that_rises_ends_with_4_and_is_not_kept(folder, capsys):
    (journey,) = Record.load("result.npz").routes[0].journeys.values()
    travel, descend = journey.phases
    changed(phases=(travel, replace(descend, scale_start=2 * descend.scale_start)))
    assert certified() == 4
    assert "Check: not satisfied at 11 points: the objective rises by" in capsys.readouterr().out
    assert Record.load("result.npz").routes[0].journeys["paper"].certificate is None


def test_a_path_that_starts_or_ends_elsewhere_is_found(folder, capsys):
    (journey,) = Record.load("result.npz").routes[0].journeys.values()
    travel, descend = journey.phases
    changed(phases=(travel, replace(descend, scale_stop=0.9 * descend.scale_stop)))
    assert certified() == 4
    assert "the end is missed by a relative " in capsys.readouterr().out


def test_quiet_is_silent_unless_something_is_wrong(folder, capsys):
    assert certified("--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert certified("--quiet", "--final", "late.safetensors") == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert " is missed by a relative" in err
    assert err.count("\n") == 1


def test_code_is_not_run_because_a_record_names_it(folder, capsys):
    (folder / "own.py").write_text(
        "import numpy\n\n\ndef data():\n    x = numpy.load('real.npz')\n"
        "    return x['inputs'], x['targets']\n"
        "\n\ndef square(p, y):\n    return ((p - y) ** 2).sum(1)\n"
    )
    mine = ("--data", "own.py:data", "--loss", "own.py:square")
    assert solved(*mine, "--quiet") == 0
    assert certified() == 1
    err = capsys.readouterr().err
    assert "Give it again, --data own.py:data, if you trust that code." in err
    assert certified("--data", "own.py:data") == 1
    assert "Give it again, --loss own.py:square" in capsys.readouterr().err
    assert certified(*mine) == 0


def test_polylines_and_options_of_the_loss_are_taken_from_the_record(folder):
    for flag in ("--checkpoint", "--bezier"):
        options = (*CLASSES, "--loss", "label_smoothing", "--loss-option", "smoothing=0.3")
        options += ("--profile", "valley", "--dtype", "float64", flag, "late.safetensors")
        assert solved(*options, "--quiet") == 0
        assert certified("--quiet") == 0


def test_only_a_result_of_solve_with_a_path_can_be_certified(folder, capsys):
    Record.load("result.npz").described(solve=None).save("nameless.npz")
    assert main(["certify", "nameless.npz", "--model", "net.py:build"]) == 1
    assert "a record made by `solve` at nameless.npz" in capsys.readouterr().err
    assert solved(*REAL, "--initial", "late.safetensors", "--quiet") == 3
    capsys.readouterr()
    assert certified() == 1
    assert "a constructed path in result.npz; found none" in capsys.readouterr().err
    assert main(["certify", "real.npz", "--model", "net.py:build"]) == 1
    assert "found another kind of archive, without a manifest" in capsys.readouterr().err
    assert main(["certify", "missing.npz", "--model", "net.py:build"]) == 1
    assert "no such file" in capsys.readouterr().err


def test_a_proof_of_the_same_weights_and_data_is_kept(folder, capsys):
    assert solved(*REAL, "--prove") == 0
    proof = Record.load("result.npz").routes[0].journeys["paper"].certificate.proof
    assert proof.theorem_applies
    assert certified() == 0
    out = capsys.readouterr().out
    assert "\nProof (" in out
    assert "\nThe proof is the record's, and not made again\n" in out
    again = Record.load("result.npz").routes[0].journeys["paper"].certificate
    assert (again.points, again.proof) == (11, proof)


def test_a_proof_is_never_lost_to_other_data_or_loss(folder, capsys):
    """A loss of one's own that is the squared one holds everywhere, but is not what was proved."""
    (folder / "own.py").write_text("def square(p, y):\n    return ((p - y) ** 2).sum(1)\n")
    assert solved(*REAL, "--prove", "--quiet") == 0
    before = (folder / "result.npz").read_bytes()
    mine = ("--loss", "own.py:square")
    for itself in ((), ("--out", "result.npz")):
        assert certified(*mine, *itself) == 1
        err = capsys.readouterr().err
        assert "Expected what result.npz was made from, as its proof is of that alone; found" in err
        assert "the loss own.py:square, not squared. Name another file by --out." in err
        assert (folder / "result.npz").read_bytes() == before
    assert certified(*mine, "--out", "other.npz", "--quiet") == 0
    check = Record.load("other.npz").routes[0].journeys["paper"].certificate
    assert (check.holds, check.proof) == (True, None)


def test_a_certificate_of_more_points_stays(folder, capsys):
    assert certified("--check", "31", "--quiet") == 0
    points = Record.load("result.npz").routes[0].journeys["paper"].certificate.points
    before = (folder / "result.npz").read_bytes()
    assert certified() == 0
    out = capsys.readouterr().out
    assert out.endswith("\nNothing was saved, as the record's own certificate has more points\n")
    assert certified("--json") == 0
    assert strict_json(capsys.readouterr().out)["record"] is None
    assert certified("--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert (folder / "result.npz").read_bytes() == before
    assert certified("--out", "coarse.npz", "--quiet") == 0
    assert Record.load("coarse.npz").routes[0].journeys["paper"].certificate.points == 11
    assert certified("--check", "41", "--quiet") == 0
    assert Record.load("result.npz").routes[0].journeys["paper"].certificate.points > points > 11


@pytest.mark.parametrize("profile", ["paper", "even", "valley"])
def test_no_more_points_than_asked_for_and_no_fewer_than_the_least(folder, profile):
    assert solved(*REAL, "--profile", profile, "--check", 0, "--quiet") == 0
    (route,) = Record.load("result.npz").routes
    (journey,) = route.journeys.values()
    corners = {0.0, *(phase.stop for phase in journey.phases)}
    for asked in (5, 6, 7, 12, 50, 1001):
        s, lam, _, objective, _ = _recorded_points(route, journey, asked)
        assert 5 <= len(s) <= max(asked, len(corners))
        assert corners <= set(s)
        assert (np.diff(s) > 0).all()
        known = np.isfinite(objective)
        assert known.any()
        assert set(lam[known]) <= set(route.sheet.lam)
    assert set(lam[known]) == set(route.sheet.lam)


def test_what_a_travel_lacks_is_looked_for_elsewhere_or_refused(folder, capsys):
    """On a grid of both ends a travel has no lambda to check inside it."""
    assert solved(*REAL, "--points", 2, "--check", 0, "--quiet") == 0
    assert certified("--check", "5", "--out", "other.npz") == 0
    assert capsys.readouterr().out.startswith("Check: checked at 5 points")
    (journey,) = Record.load("result.npz").routes[0].journeys.values()
    changed(phases=(replace(journey.phases[0], stop=1.0),))
    assert certified() == 1
    err = capsys.readouterr().err
    assert "Expected at least 5 points; found 2. The record has no more: solve again with" in err


def test_too_few_points_are_refused(folder, capsys):
    assert certified("--check", "4") == 1
    assert "Expected --check of at least 5 points; found 4." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"weights": [{"sha256": "0"}, {"sha256": "0"}]}, "weights without a file or its checksum"),
        ({"weights": [{"file": "a"}, {"file": "b"}]}, "weights without a file or its checksum"),
        ({"loss_options": {"smoothing": "x"}}, "TypeError: 'x' where a float belongs"),
        ({"loss_options": {"weight": [1, "x"]}}, "TypeError: 'x' where a float belongs"),
        ({"loss_options": {"delta": True}}, "TypeError: True where a float belongs"),
    ],
    ids=["no file", "no checksum", "word", "word in a list", "truth value"],
)
def test_a_damaged_manifest_ends_in_one_line(folder, capsys, entry, words):
    record = Record.load("result.npz")
    record.described(solve={**record.manifest["solve"], **entry}).save("result.npz")
    assert certified() == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert f"a whole record of `solve` at result.npz; found {words}" in err


@pytest.mark.slow
def test_two_processes_of_torchrun_give_the_certificate_of_one(folder):
    assert certified("--out", "one.npz") == 0
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    words += ["-m", "construction", "certify", "result.npz", "--model", "net.py:build"]
    done = subprocess.run(
        [*words, "--check", "11", "--json", "--out", "two.npz"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert strict_json(done.stdout)["certificate"]["holds"]  # one answer, of the first
    one, two = (
        Record.load(name).routes[0].journeys["paper"].certificate.objective
        for name in ("one.npz", "two.npz")
    )
    np.testing.assert_allclose(two, one, rtol=1e-12)
