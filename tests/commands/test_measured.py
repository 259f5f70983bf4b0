"""`interpolate`, `trajectory` and `surface` on a folder of the user's, beside the functions."""

import re

import numpy as np
import pytest
from safetensors.torch import load_file

from construction import Recorder, interpolate, surface, trajectory
from construction.__main__ import main
from construction.commands.inputs import read_data
from construction.errors import InputError
from construction.network.networks import mlp
from construction.record.findings import Findings

from ..users_folder import REAL, settled_in, strict_json

MODEL = ("--model", "net.py:build")
ENDS = ("--initial", "first.safetensors", "--final", "trained.safetensors")
LINE = ("interpolate", *MODEL, *ENDS, *REAL, "--points", "5", "--farthest", "1.5")
STEPS = ("first.safetensors", "late.safetensors", "trained.safetensors")
PLANE = ("surface", *MODEL, *ENDS[2:], *REAL, "--points", "3")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


def ours():
    """Model, data and the three weights of the folder."""
    return mlp((3, 12, 8, 2)), read_data(["real.npz"]), [load_file(name) for name in STEPS]


def test_the_line_is_that_of_the_function(folder, capsys):
    assert main([*LINE, "--test", "real.npz", "--also", "valley"]) == 0
    model, data, (initial, _, final) = ours()
    title = "net.py:build · real.npz"
    options = {"points": 5, "alphas": (0, 1.5), "also": ["valley"], "title": title}
    wanted = interpolate(model, initial, final, data, data, **options)
    found = Findings.load("line.npz")
    assert found.arrays.keys() == wanted.findings.arrays.keys()
    for name, values in wanted.findings.arrays.items():
        assert np.array_equal(found[name], values)
    out, _ = capsys.readouterr()
    assert wanted.finding in out
    assert out.endswith("`python -m construction plot line.npz` draws it\n")
    assert found.manifest["options"]["model"] == "net.py:build"


def test_the_trajectory_is_that_of_the_function(folder, capsys):
    assert main(["trajectory", "--checkpoint", *STEPS, "--json", *MODEL]) == 0
    wanted = trajectory(STEPS)
    printed = strict_json(capsys.readouterr().out)
    assert printed["finding"] == wanted.finding
    assert printed["table"] == wanted.table()
    beta = Findings.load("trajectory.npz")["training/beta"]
    assert beta == pytest.approx(wanted["training/beta"], abs=1e-12)


def test_the_surface_is_that_of_the_function_with_its_paths(folder, capsys):
    words = [*PLANE, "--plane", "trajectory", "--checkpoint", *STEPS[:2], "--quiet"]
    assert main(words) == 0
    assert capsys.readouterr() == ("", "")
    model, data, states = ours()
    options = {"plane": "trajectory", "checkpoints": states[:2], "points": 3}
    wanted = surface(model, states[2], data, **options)
    found = Findings.load("surface.npz")
    for name, values in wanted.findings.arrays.items():
        assert np.array_equal(found[name], values)


@pytest.mark.parametrize("words", [LINE, ("trajectory", "--checkpoint", *STEPS), PLANE])
def test_plot_draws_what_was_saved(folder, capsys, words):
    assert main([*words, "--out", "own.npz"]) == 0
    assert main(["plot", "own.npz", "--out", "own.svg"]) == 0
    caption = (folder / "own.txt").read_text()
    assert Findings.load("own.npz").manifest["caption"] in caption
    assert main(["plot", "own.npz", "--out", "own.svg", "--linear"]) == 1
    assert "findings, 'own.npz'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((*LINE, "--out", "classes.npz"), "--out to replace no more than findings; found "),
        ((*LINE, "--out", "real.npz"), "real.npz, the same file as real.npz, which is read"),
        ((*LINE, "--farthest", "1.1"), "alphas from 0 to 1.1"),
        ((*PLANE, "--points", "2"), "at least 3 points; found 2"),
        (("trajectory", "--checkpoint", *STEPS[:2]), "at least 3 positions of a training; found 2"),
    ],
)
def test_what_cannot_be_measured_ends_with_1_and_one_line(folder, capsys, words, found):
    assert main([*words]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert found in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999", "0.5"])
def test_a_seed_that_is_none_ends_with_2(folder, capsys, seed):
    with pytest.raises(SystemExit) as caught:
        main([*PLANE, "--seed", seed])
    assert caught.value.code == 2
    wanted = "invalid int value: '0.5'" if "." in seed else "expected 0 to 9223372036854775807"
    assert f"--seed: {wanted}" in capsys.readouterr().err


def test_the_largest_seed_is_taken(folder):
    assert main([*PLANE, "--points", "3", "--seed", str(2**63 - 1), "--quiet"]) == 0


@pytest.mark.parametrize("seed", [-1, 2**63, 0.5, None])
def test_a_seed_that_is_none_is_refused_from_python_too(folder, seed):
    model, data, states = ours()
    wanted = re.escape(f"a whole number from 0 to 2^63 - 1 as a seed; found {seed}. 0 is usual.")
    with pytest.raises(InputError, match=wanted):
        trajectory(states, seed=seed)
    with pytest.raises(InputError, match=wanted):
        surface(model, states[2], data, seed=seed)
    with pytest.raises(InputError, match=wanted):
        Recorder(model, seed=seed)


def test_half_of_the_labels_ignored_and_the_others_right_is_no_error(folder):
    model, (inputs, _), (*_, final) = ours()
    model.load_state_dict(final)
    labels = model(inputs).argmax(1).numpy()
    labels[::2] = -100
    np.savez("halves.npz", inputs=inputs, targets=labels)
    loss = ("--loss", "cross_entropy", "--loss-option", "ignore_index=-100", "--quiet")
    assert main([*LINE, "--data", "halves.npz", "--farthest", "1", *loss]) == 0
    assert Findings.load("line.npz")["none/train_error"][0, -1] == 0
