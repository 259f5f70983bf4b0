"""Claims and bounds of proofs that were written by hand, against values worked out by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from construction.recheck import archive
from construction.recheck.__main__ import main
from construction.recheck.archive import Archive, UnreadableError
from construction.recheck.balls import Balls
from construction.recheck.bounds import Bounds, grows
from construction.recheck.claims import summary
from construction.recheck.content import Claim, File
from construction.recheck.floats import Floats

from .by_hand import Stretch, claim, sealed, written

every_arithmetic = pytest.mark.parametrize("numbers", [Floats(), Balls()], ids=["floats", "balls"])


def over(*ends):
    """Claims on intervals, each from (start, stop)."""
    parts = {"sample": 0, "plus": 0, "minus": -1, "scale": 1.0, "low": 1.0, "touches": ""}
    return [Claim(start, stop, 1.0, **parts) for start, stop in ends]


@pytest.mark.parametrize(
    ("name", "ends", "words"),
    [
        ("condition 1", [(0.0, 0.5), (0.5, 1.0)], "verified on [0, 1]"),
        ("condition 1", [(0.0, 0.5)], "verified on intervals that leave gaps"),
        ("sheet barrier", [(0.0, 0.5)], "verified on intervals that leave gaps"),
        ("sheet barrier", [(0.5, 1.0)], "verified on intervals that leave gaps"),
        ("right branch", [(0.0, 0.5)], "verified on [0, 0.5]"),
        ("right branch", [(0.0, 0.25), (0.5, 1.0)], "verified on intervals that leave gaps"),
    ],
)
def test_only_a_right_branch_may_end_before_1(name, ends, words):
    claims = over(*ends)
    assert summary(name, claims, claims) == words


def test_the_start_is_that_of_the_network_itself(tmp_path, capsys):
    """Of outputs 1 for the targets 2 and -2 the mean of squares is 4 + c^2: 5 at the start."""
    targets, outputs = np.array([[2.0], [-2.0]]), np.ones((2, 2, 1))
    for scale, verified in ((0.9, True), (1.1, False), (1.9, False)):
        barrier = {"sheet barrier": [claim(0.0, 1.0, scale=scale)]}
        file = written(tmp_path / "p.npz", outputs, targets, "squared", barrier)
        assert main([file]) == 1  # nothing follows from it alone
        shown = capsys.readouterr()
        assert ("sheet barrier: verified on [0, 1]" in shown.out) is verified
        assert ("REFUSED: m is not below" in shown.err) is not verified


@pytest.mark.parametrize(
    ("loss", "target", "plus", "minus", "wanted"),
    [
        ("label_smoothing", 0, 0, 1, True),
        ("label_smoothing", 0, 0, -1, False),
        ("label_smoothing", 0, -1, 1, False),
        ("binary_cross_entropy", 0.0, 0, -1, True),
        ("binary_cross_entropy", 0.0, -1, 0, False),
        ("binary_cross_entropy", 0.5, -1, 0, True),
        ("binary_cross_entropy", 1.0, 0, -1, False),
        ("hinge", -1.0, 0, -1, True),
        ("hinge", -1.0, -1, 0, False),
        ("hinge", 1.0, -1, 0, True),
        ("poisson", 0.0, -1, 0, False),
        ("poisson", 0.0, 0, -1, True),
    ],
)
def test_a_loss_grows_with_outputs_on_the_wrong_side(loss, target, plus, minus, wanted):
    file = SimpleNamespace(loss=loss, targets=np.array([[target]]))
    assert grows(file, 0, plus, minus) is wanted


@every_arithmetic
@pytest.mark.parametrize("lam", [0.0, 0.125, 0.25, 0.5, 0.75, 1.0])
def test_weights_are_straight_between_the_vertices_beside_a_lambda(tmp_path, numbers, lam):
    outputs = [[[0.0]], [[8.0]], [[2.0]]]
    options = {"vertices": (0.0, 0.25, 1.0)}
    file = File(written(tmp_path / "p.npz", outputs, [[0.0]], "absolute", {}, **options))
    low, high = Bounds(file, numbers).objective(lam, 1.0)
    assert low <= np.interp(lam, [0, 0.25, 1], [0, 8, 2]) <= high
    assert high - low < 1e-6


@every_arithmetic
def test_a_sum_that_cancels_lies_between_its_bounds(tmp_path, numbers):
    """1e16 + 1 - 1e16 for the target 0: squared it is 1, to which 1e16 gives no float near."""
    manifest = {
        "statements": [],
        "steps": [
            {"kind": "input", "reads": [], "name": "", "bias": False, "options": {}},
            {"kind": "linear", "reads": [0], "name": "", "bias": False, "options": {}},
        ],
        "loss": "squared",
        "loss_options": {},
        "levels": [],
    }
    weight = np.array([[1e16, 1.0, -1e16]])
    arrays = {
        "vertices": np.array([0.0, 1.0]),
        "inputs": np.ones((1, 3)),
        "targets": np.zeros((1, 1)),
        "weights/0/weight": weight,
        "weights/1/weight": weight,
    }
    file = File(str(sealed(tmp_path / "p.npz", manifest, arrays)))
    low, high = Bounds(file, numbers).objective(0.0, 1.0)
    assert low <= 1 <= high


@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_linear_step_takes_what_comes_before_it(tmp_path, width):
    outputs = np.ones((2, 3, 1))
    file = written(tmp_path / "p.npz", outputs, np.ones((3, 1)), "squared", {})
    with Archive(file) as whole:
        manifest, arrays = whole.manifest(), whole.arrays(["vertices", "inputs", "targets"])
    arrays |= {f"weights/{k}/weight": np.ones((1, width)) for k in (0, 1)}
    del manifest["arrays"]
    with pytest.raises(UnreadableError, match=rf"'weight' of \(1, {width}\) on \(3,\)"):
        File(str(sealed(tmp_path / "q.npz", manifest, arrays)))


def test_a_file_may_hold_so_many_times_its_size_and_says_by_how_much_it_is_more(
    tmp_path, monkeypatch
):
    file = written(tmp_path / "p.npz", np.zeros((2, 50, 50)), np.zeros((50, 50)), "squared", {})
    monkeypatch.setattr(archive, "BYTES", 0)
    with Archive(file) as whole:
        assert len(whole.arrays()) == 5
    monkeypatch.setattr(archive, "TIMES", 0)
    with Archive(file) as whole, pytest.raises(UnreadableError) as caught:
        whole.arrays()
    said = float(str(caught.value).split(" GB")[0])
    assert said == pytest.approx(8 * (4 * 50 * 50 + 2) / 1e9, rel=5e-3)


@pytest.mark.parametrize(
    ("low", "scale", "said"),
    [
        (1.0, 1.0, "valley: verified on [0, 1]"),
        (1.0, 2.0, "REFUSED: the target is touched at lambda = 1 and c = 1 alone"),
        (0.5, 1.0, "REFUSED: the target is touched at lambda = 1 and c = 1 alone"),
    ],
)
def test_the_target_is_touched_at_the_end_by_the_final_weights_alone(
    tmp_path, capsys, low, scale, said
):
    """An output 2 - lambda for the target 0: its square lies below 4 - 3 lambda but at the ends."""
    level = Stretch("left", (0.0, 1.0), (4 - 1e-6, 1 - 1e-6))
    valley = [
        claim(0.0, 0.5, scale=0.5),
        claim(0.5, 1.0, low=low, scale=scale, touches="stop"),
    ]
    outputs, found = [[[2.0]], [[1.0]]], {"valley": valley}
    file = written(tmp_path / "p.npz", outputs, [[0.0]], "squared", found, [level])
    main([file])
    assert said in "".join(capsys.readouterr())
