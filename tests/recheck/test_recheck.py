"""The program that verifies a saved proof, and what it refuses."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from shutil import copy

import numpy as np
import pytest
import torch

from construction import Line, construct
from construction.errors import InputError
from construction.loss.catalogue import LOSSES
from construction.network.networks import lenet, resnet
from construction.proof.prover import save_proof
from construction.recheck.__main__ import main

from ..problems import left_start, short_end
from ..proofs import Written, averages, constructed, drawn, separated


@pytest.fixture(scope="module")
def valley(tmp_path_factory):
    """A saved proof with every kind of claim."""
    file = tmp_path_factory.mktemp("proof") / "valley.npz"
    proof = save_proof(construct(*short_end(), profile="valley", points=21), file)
    assert proof.path_exists
    return file


@pytest.fixture(scope="module")
def touching(tmp_path_factory):
    """A saved proof of a valley that crosses at lambda = 0, where it touches m."""
    file = tmp_path_factory.mktemp("proof") / "touching.npz"
    assert save_proof(separated(), file).statement("valley").proved
    return file


def changed(file, folder, change):
    """The file, its manifest and arrays changed."""
    new = copy(file, folder / "changed.npz")
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(content["manifest.json"])
    arrays = {name: np.load(BytesIO(content[f"{name}.npy"])) for name in manifest["arrays"]}
    change(manifest, arrays)
    with zipfile.ZipFile(new, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as part:
                np.save(part, array)
    return str(new)


def both_ways(file, capsys):
    """The lines about a proof, which are the same in ball arithmetic."""
    capsys.readouterr()
    codes = main([str(file)]), main(["--exact", str(file)])
    lines = [line.split(": ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    half = len(lines) // 2
    assert codes == (0, 0)
    assert lines[:half] == lines[half:]
    return lines[:half]


def claims(manifest, name):
    return next(one for one in manifest["statements"] if one["name"] == name)["intervals"]


def test_every_claim_is_verified(valley, capsys):
    assert both_ways(valley, capsys)[1:] == [
        "compared: that each inequality holds, not by how much the file says that it does",
        "condition 1: verified on [0, 1]",
        "condition 2: verified",
        "final objective: verified",
        "sheet barrier: verified on [0, 1]",
        "valley: verified on [0, 1]",
        "right branch: verified on [0, 1]",
        "conclusion: Theorem 1 applies, a strictly decreasing path exists",
    ]


def test_bounds_that_say_more_than_is_so_are_not_compared_as_each_run_says(
    valley, tmp_path, capsys
):
    def boast(manifest, _):
        manifest["outputs"] = 7
        for statement in manifest["statements"]:
            for one in statement["intervals"]:
                one["bound"] *= 1e6

    assert both_ways(changed(valley, tmp_path, boast), capsys) == both_ways(valley, capsys)
    assert "not by how much the file says" in both_ways(valley, capsys)[1]
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "that each inequality holds. What a file says of by how much, its bounds, is not" in said


def test_it_says_what_a_proof_is_about(valley, capsys):
    assert main([str(valley)]) == 0
    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith("about: squared on 1 samples; straight pieces of the path: 1; network: 0 (2, 1)")
    )


def networks():
    small = {"channels": 1, "width": 2, "batch_norm": False}
    yield "lenet", lambda seed: lenet(size=12, widths=(2, 3, 8, 6), seed=seed), (1, 12, 12)
    yield "averages", averages, (1, 12, 12)
    yield "resnet", lambda seed: resnet(8, seed=seed, **small), (1, 8, 8)
    yield "written", lambda seed: Written(), (1, 8, 8)


@pytest.mark.parametrize(("make", "shape"), [one[1:] for one in networks()])
@pytest.mark.parametrize("profile", ["paper", "valley"])
def test_networks_of_every_kind_are_verified(make, shape, profile, tmp_path, capsys):
    model, first, _, inputs = drawn(make, *shape, samples=6)
    with torch.no_grad():
        model.load_state_dict(first)
        wanted = 0.1 * model.eval()(inputs.double())
    head = list(first)[-2].rsplit(".", 1)[0]
    last = {name: 0.1 * x if name.startswith(head) else x + 0.02 for name, x in first.items()}
    path = construct(model, Line(first, last), (inputs, wanted), profile=profile, points=11)
    save_proof(path, tmp_path / "proof.npz")
    assert "condition 1: verified on [0, 1]" in both_ways(tmp_path / "proof.npz", capsys)


def usable(name):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(20, 4, generator=generator)
    classes = name in ("cross_entropy", "label_smoothing")
    if classes:
        return inputs, torch.randint(0, 3, (20,), generator=generator)
    if name in ("hinge", "binary_cross_entropy"):
        return inputs, torch.randint(0, 2, (20, 3), generator=generator).float()
    return inputs, torch.rand(20, 3, generator=generator).round(decimals=1) + 1


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_verified(name, tmp_path, capsys):
    model, first, second, _ = drawn(lambda seed: torch.nn.Sequential(torch.nn.Linear(4, 3)), 4)
    start = {key: 5 * value for key, value in first.items()}
    final = {key: 0.05 * value for key, value in second.items()}
    path = construct(model, Line(start, final), usable(name), loss=name, points=11)
    proof = save_proof(path, tmp_path / "proof.npz")
    assert proof.theorem_applies
    lines = both_ways(tmp_path / "proof.npz", capsys)
    assert "condition 1: verified on [0, 1]" in lines
    assert {"condition 2: verified", "final objective: verified"} <= set(lines)


def test_a_proof_with_open_intervals_says_so(touching, capsys):
    assert any(line.startswith("condition 1: verified on ") for line in both_ways(touching, capsys))


def test_a_left_start_is_verified(tmp_path, capsys):
    path = construct(*left_start(), profile="valley", points=21)
    save_proof(path, tmp_path / "proof.npz")
    assert "left start: verified" in both_ways(tmp_path / "proof.npz", capsys)


def set_claim(name, **values):
    def change(manifest, _):
        claims(manifest, name)[0].update(values)

    return change


def flip_head(manifest, arrays):
    arrays["weights/1/0.weight"] *= 0


def raise_target(manifest, arrays):
    arrays["level/0/heights"] += 1.0


def flatten_target(manifest, arrays):
    arrays["level/0/heights"][3] = arrays["level/0/heights"][2]


def lower_target(manifest, arrays):
    heights = arrays["level/0/heights"]
    heights[1:-1] = heights[-1] + 0.1 * (heights[1:-1] - heights[-1])


def swap_ends(manifest, arrays):
    arrays["weights/0/0.weight"], arrays["weights/1/0.weight"] = (
        arrays["weights/1/0.weight"],
        arrays["weights/0/0.weight"],
    )


def jump(manifest, arrays):
    arrays["vertices"] = np.array([0.0, 2.0])


def overlap(manifest, arrays):
    for part in ("knots", "heights"):
        arrays[f"level/1/{part}"] = arrays[f"level/0/{part}"]
    manifest["levels"] *= 2
    manifest["arrays"] += ["level/1/knots", "level/1/heights"]


def touch_inside(manifest, arrays):
    knots = arrays["level/0/knots"]
    claims(manifest, "valley")[0].update(start=float(knots[3]), stop=float(knots[4]))


FALSE = {
    "do not increase from 0 to 1": jump,
    "does not go on from the last": overlap,
    "where a stretch of it begins alone": touch_inside,
    "does not take": lambda manifest, _: manifest.update(loss="cross_entropy"),
    "is no witness for the loss": set_claim("condition 1", plus=0, minus=1),
    "is no witness on all of": flip_head,
    "is not above": swap_ends,
    "does not lead from": raise_target,
    "does not strictly decrease": flatten_target,
    "is not below the target": lower_target,
    "is not between": set_claim("valley", scale=3.0, low=2.0),
    "c = 1 alone": set_claim("valley", touches="stop"),
    "which this program does not know": lambda manifest, _: manifest.update(loss="focal"),
    "a claim about [0.0, 1.5]": set_claim("condition 1", stop=1.5),
    "a claim about [0.0, 0.0]": set_claim("final objective", start=0.0, stop=0.0, scale=-1.0),
    "which are not there": set_claim("condition 1", sample=-3),
}


@pytest.mark.parametrize("reason", FALSE)
def test_a_false_claim_is_refused(reason, valley, touching, tmp_path, capsys):
    about_touching = ("is not below the target", "is not between", "begins alone")
    file = touching if reason.endswith(about_touching) else valley
    assert main([changed(file, tmp_path, FALSE[reason])]) == 1
    output = capsys.readouterr().err
    assert "REFUSED: " in output
    assert reason in output


def test_a_gap_is_not_called_whole(valley, tmp_path, capsys):
    def cut(manifest, _):
        del claims(manifest, "valley")[3]

    assert main([changed(valley, tmp_path, cut)]) == 0
    assert "valley: verified on intervals that leave gaps" in capsys.readouterr().out


def test_nothing_is_verified_where_nothing_is_claimed(valley, tmp_path, capsys):
    def empty(manifest, _):
        claims(manifest, "condition 1").clear()

    assert main([changed(valley, tmp_path, empty)]) == 0
    output = capsys.readouterr().out
    assert "condition 1: not proved" in output
    assert "conclusion: the target is followed" in output

    def clear(manifest, _):
        manifest["statements"] = []

    assert main([changed(valley, tmp_path, clear)]) == 1
    assert "conclusion: nothing follows" in capsys.readouterr().out


def test_a_proof_that_makes_no_sense(valley, tmp_path, capsys):
    assert main([changed(valley, tmp_path, lambda manifest, _: manifest.pop("steps"))]) == 2
    assert "no proof, such as save_proof writes" in capsys.readouterr().err


def test_a_file_that_is_no_proof(tmp_path, capsys):
    (tmp_path / "no.npz").write_bytes(b"nothing")
    assert main([str(tmp_path / "no.npz")]) == 2
    assert "no proof, such as save_proof writes" in capsys.readouterr().err


def test_nothing_to_save_where_nothing_is_proved(tmp_path):
    path = constructed(points=5)
    path.forward.user_path = lambda lam: path.forward.path(lam)
    with pytest.raises(InputError, match="a path of which something is proved"):
        save_proof(path, tmp_path / "proof.npz")


def test_the_program_shares_no_code_with_the_prover(valley):
    script = (
        "import sys; from construction.recheck.__main__ import main; main(sys.argv[1:]);"
        "print(sorted(m for m in sys.modules if m.startswith(('construction', 'torch', 'flint'))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(valley)], capture_output=True, text=True, check=True
    )
    own = ("construction", "construction.recheck", "construction.recheck.")
    loaded = done.stdout.splitlines()[-1].strip("[]").replace("'", "").split(", ")
    assert all(name in own[:2] or name.startswith(own[2]) for name in loaded), loaded
