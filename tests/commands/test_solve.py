"""`solve` answers both questions, constructs, checks, keeps a record, and says so in its status."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from construction import check
from construction.__main__ import main
from construction.files.weights import checksum
from construction.network.heads import scale_head
from construction.record.record import Record
from construction.theorem.construct import construct

from ..problems import trained
from ..users_folder import CLASSES, REAL, SOLVE, settled_in, solved, strict_json


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


def test_the_record_is_that_of_construct_and_says_what_it_was_made_from(folder, capsys):
    assert solved(*REAL) == 0
    record = Record.load("result.npz")
    path = construct(*trained(torch.float32), points=11)
    (route,) = record.routes
    assert route.journeys["paper"].scale.tolist() == path.scale.tolist()
    assert route.journeys["paper"].certificate.points == 11
    origin = record.manifest["solve"]
    assert origin["weights"][1] == {
        "file": "trained.safetensors",
        "sha256": checksum(load_file("trained.safetensors")),
        "reading": "trained.safetensors: 6 tensors of float32",
    }
    assert origin["data"]["samples"] == 40
    assert (origin["head"], origin["loss"], origin["points"]) == ("5", "squared", 11)
    assert record.manifest["versions"]["torch"] == torch.__version__


def test_the_summary_answers_both_questions_with_numbers(folder, capsys):
    assert solved(*REAL, "--profile", "even") == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "Read trained.safetensors: 6 tensors of float32\n" in out
    assert "Does the theorem apply? Yes.\n  condition 1      holds  " in out
    assert "Does this sheet hold a strictly decreasing path? Yes.\n  sheet barrier    holds" in out
    assert "The path (profile even): c from 1 to " in out
    assert "  descend  lambda 1 to 1, c " in out
    assert "Check: checked at 11 points, largest relative deviation from the target" in out
    assert out.endswith("`python -m construction plot result.npz` draws it\n")


def test_json_has_the_numbers_of_the_record_and_nothing_else_is_on_standard_output(folder, capsys):
    (folder / "net.py").write_text((folder / "net.py").read_text() + "\nprint('hello')\n")
    assert solved(*REAL, "--json", "--out", "there.npz") == 0
    out, err = capsys.readouterr()
    printed = strict_json(out)
    assert err == "hello\n"
    (route,) = Record.load("there.npz").routes
    assert printed["theorem_applies"] is printed["sheet_has_path"] is True
    assert printed["zero_objective"] == route.sheet.d
    assert printed["initial_objective"] == route.empirical[0]
    assert printed["conditions"]["sheet_barrier"]["value"] == route.conditions.sheet_barrier.value
    assert printed["path"]["scale"]["largest"] == route.journeys["paper"].scale.max()
    assert printed["path"]["certificate"]["holds"] is True
    assert (printed["exit_code"], printed["record"], printed["reason"]) == (0, "there.npz", None)


def test_quiet_prints_nothing(folder, capsys):
    assert solved(*REAL, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_without_a_check_there_is_no_certificate(folder, capsys):
    assert solved(*REAL, "--check", "0") == 0
    assert Record.load("result.npz").routes[0].journeys["paper"].certificate is None
    assert "Check: none was made\n" in capsys.readouterr().out


def test_where_the_theorem_does_not_apply_both_answers_are_given_and_the_status_is_3(
    folder, capsys
):
    late = (*REAL, "--initial", "late.safetensors")
    assert solved(*late) == 3
    out, err = capsys.readouterr()
    assert "Does the theorem apply? No." in out
    assert "condition 2      FAILS" in out
    assert "      wanted: L(W(0)) > L(0)" in out
    assert "Does this sheet hold a strictly decreasing path? Yes." in out
    assert "No path was constructed (profile paper)\n" in out
    assert err.startswith("construction: Expected condition 2: L(W(0)) > L(0)")
    assert "--profile valley may still find a path" in err
    assert err.count("\n") == 1
    assert Record.load("result.npz").routes[0].journeys == {}
    assert solved(*late, "--proof", "other.npz") == 3
    assert (
        "No path was constructed (profile paper); other.npz is not written\n"
        in capsys.readouterr().out
    )
    assert not (folder / "other.npz").exists()
    assert solved(*late, "--profile", "valley") == 0


def test_where_no_path_exists_json_says_why(folder, capsys):
    barred = ("--initial", "late.safetensors", "--checkpoint", "first.safetensors")
    assert solved(*REAL, *barred, "--profile", "valley", "--json") == 3
    printed = strict_json(capsys.readouterr().out)
    assert printed["sheet_has_path"] is printed["theorem_applies"] is False
    assert printed["path"] is None
    assert printed["conditions"]["sheet_barrier"]["margin"] < 0
    assert "sheet barrier" in printed["reason"]
    assert (printed["exit_code"], printed["record"]) == (3, "result.npz")


def test_a_check_that_does_not_hold_ends_with_4(folder, capsys, monkeypatch):
    monkeypatch.setitem(check.TOLERANCE, torch.float32, 1e-20)
    assert solved(*REAL) == 4
    text = capsys.readouterr().out
    assert "Check: not satisfied at 11 points: the target is missed" in text


@pytest.mark.parametrize(
    ("data", "loss"),
    [
        (REAL, ("squared",)),
        (REAL, ("absolute",)),
        (REAL, ("huber", "--loss-option", "delta=0.5")),
        (REAL, ("pinball", "--loss-option", "quantile=0.3")),
        (CLASSES, ("cross_entropy",)),
        (CLASSES, ("label_smoothing", "--loss-option", "smoothing=0.2")),
        (CLASSES, ("cross_entropy", "--loss-option", "ignore_index=1")),
        (CLASSES, ("cross_entropy", "--loss-option", "weight=1,2")),
    ],
    ids=lambda value: value[0] if value[0][0] != "-" else "",
)
def test_every_kind_of_loss_is_solved_and_gives_valid_json(folder, capsys, data, loss):
    assert solved(*data, "--loss", *loss, "--profile", "valley", "--json") == 0
    printed = strict_json(capsys.readouterr().out)
    assert printed["manifest"]["solve"]["loss"] == loss[0]
    assert printed["path"]["certificate"]["holds"]


def test_infinite_numbers_are_printed_as_words(folder, capsys):
    np.savez("counts.npz", inputs=np.load("real.npz")["inputs"], targets=np.ones((40, 2)))
    assert solved("--data", "counts.npz", "--loss", "poisson", "--json") in (0, 3)
    printed = strict_json(capsys.readouterr().out)
    assert printed["conditions"]["condition_1"]["value"] == "Infinity"


def test_a_loss_of_the_users_own_is_used(folder):
    (folder / "net.py").write_text(
        (folder / "net.py").read_text()
        + "\n\ndef fourth(p, y):\n    return ((p - y) ** 4).sum(1)\n"
    )
    assert solved(*REAL, "--loss", "net.py:fourth", "--profile", "valley", "--check", 0) == 0
    assert Record.load("result.npz").routes[0].loss == "net.py:fourth"


def test_checkpoints_make_a_polyline_and_control_points_a_bezier_curve(folder):
    for flag, kind, vertices in (("--checkpoint", "polyline", 3), ("--bezier", "bezier", 2)):
        assert solved(*REAL, flag, "late.safetensors", "--profile", "even", "--quiet") == 0
        record = Record.load("result.npz")
        assert record.manifest["solve"]["path"] == kind
        assert len(record.routes[0].vertices) == vertices


def test_precision_memory_and_head_reach_the_solver(folder):
    more = ("--dtype", "float64", "--memory", "1MB", "--head", "5", "--device", "cpu", "--tf32")
    assert solved(*REAL, *more) == 0
    manifest = Record.load("result.npz").manifest
    assert (manifest["dtype"], manifest["solve"]["head"], manifest["solve"]["tf32"]) == (
        "float64",
        "5",
        True,
    )
    assert manifest["tolerance"] == 1e-12


def test_running_statistics_need_a_choice_which_is_recorded(folder, capsys):
    (folder / "net.py").write_text(
        "from torch import nn\n\n\ndef build():\n    return nn.Sequential(nn.Linear(3, 12), "
        "nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 2))\n"
    )
    model = nn.Sequential(nn.Linear(3, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 2))
    save_file(scale_head(model.state_dict(), "3", 9.0), "bn0.safetensors")
    save_file(scale_head(model.state_dict(), "3", 0.01), "bn1.safetensors")
    ends = ("--initial", "bn0.safetensors", "--final", "bn1.safetensors")
    assert solved(*REAL, *ends) == 1
    assert "--batch-norm interpolate or" in capsys.readouterr().err
    assert solved(*REAL, *ends, "--batch-norm", "recompute") == 0
    assert Record.load("result.npz").routes[0].batch_norm == "recompute"


def test_a_proof_is_made_where_it_is_asked_for_printed_and_saved(folder, capsys):
    assert solved(*REAL, "--json") == 0
    assert strict_json(capsys.readouterr().out)["path"]["certificate"]["proof"] is None
    assert solved(*REAL, "--prove", "--json") == 0
    proof = strict_json(capsys.readouterr().out)["path"]["certificate"]["proof"]
    assert proof["theorem_applies"] is proof["path_exists"] is True
    assert "condition 1" in [one["name"] for one in proof["statements"]]
    assert solved(*REAL, "--proof", "proof.npz") == 0
    assert "  condition 1      proved on [0, 1]: " in capsys.readouterr().out
    assert (folder / "proof.npz").exists()
    assert main(["plot", "result.npz", "--out", "proved.svg"]) == 0


def test_a_network_of_which_nothing_can_be_proved_says_why(folder, capsys):
    (folder / "odd.py").write_text(
        "from torch import nn\n\n\ndef build():\n    return nn.Sequential(nn.Flatten(), "
        "nn.Linear(3, 12), nn.Mish(), nn.Linear(12, 8), nn.Mish(), nn.Linear(8, 2))\n"
    )
    odd = ("--model", "odd.py:build", "--profile", "valley", "--proof", "none.npz")
    assert solved(*REAL, *odd) == 0
    assert "\nProof: none. Expected a network of linear" in capsys.readouterr().out
    assert not (folder / "none.npz").exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--check", "0", "--prove"), "Expected --check of at least 5 points; found 0"),
        (("--proof", "proof.txt"), "Expected --proof FILE.npz; found proof.txt"),
        (("--check", "3"), "--check of at least 5 points, or of 0; found 3"),
        (("--out", "result.txt"), "Expected --out FILE.npz; found result.txt"),
        (("--points", "1"), "at least 2 points; found 1"),
        (("--device", "abacus"), "as abacus is not; found RuntimeError: "),
        (("--head", "4"), "the head '4' to name a layer with weights, or an entry; found ReLU"),
        (("--out", "net.py/result.npz"), "to write in the folder net.py"),
    ],
)
def test_what_cannot_be_used_ends_with_1_and_one_line(folder, capsys, given, words):
    assert solved(*REAL, *given, "--json") == 1
    out, err = capsys.readouterr()
    assert err.startswith("construction: Expected ")
    assert words in err
    assert err.count("\n") == 1
    printed = strict_json(out)
    assert printed["exit_code"] == 1
    assert words in printed["reason"]


def test_an_interruption_ends_with_130_and_leaves_nothing(folder, capsys):
    (folder / "net.py").write_text("def build():\n    raise KeyboardInterrupt\n")
    assert solved(*REAL) == 130
    assert capsys.readouterr().err == "construction: interrupted. Nothing was written.\n"
    assert not (folder / "result.npz").exists()


def test_solve_works_as_a_command_of_its_own(folder):
    command = [sys.executable, "-m", "construction", *SOLVE, *REAL, "--json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert strict_json(finished.stdout)["exit_code"] == 0


def test_final_weights_that_are_worse_are_named_under_both_questions(folder, capsys):
    assert solved(*REAL, "--initial", "trained.safetensors", "--final", "late.safetensors") == 3
    theorem, sheet = capsys.readouterr().out.split("Does this sheet hold")
    for answer in (theorem, sheet):
        assert "  final objective  FAILS  " in answer


def test_the_help_gives_an_example_that_parses_and_names_every_loss(folder, capsys):
    from construction.loss.catalogue import LOSSES

    with pytest.raises(SystemExit):
        main(["solve", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(name in text for name in LOSSES)
    assert "example: python -m construction solve --model net.py:build" in text
    assert "3 no path was constructed" in text


def test_missing_targets_are_left_out_where_that_is_asked_and_checked_so_again(folder, capsys):
    data = dict(np.load("real.npz"))
    data["targets"][::3, 0] = np.nan
    np.savez("gaps.npz", **data)
    assert solved("--data", "gaps.npz") == 1
    assert "missing='ignore'" in capsys.readouterr().err
    assert solved("--data", "gaps.npz", "--missing", "ignore", "--json") == 0
    printed = strict_json(capsys.readouterr().out)
    there = np.nan_to_num(data["targets"])
    assert printed["zero_objective"] == pytest.approx(np.square(there).sum(1).mean(), rel=1e-6)
    again = ["certify", "result.npz", "--model", "net.py:build", "--check", "5", "--quiet"]
    assert main(again) == 0
