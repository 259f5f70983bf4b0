"""Whether the numbers of a proof are those of the reader's own files."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from construction import Line, construct
from construction.proof.prover import save_proof
from construction.recheck.__main__ import main
from construction.recheck.binding import arrays_in

from ..proofs import fitted
from .by_hand import written


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A proof on classes by squared loss, and the files that it was made of."""
    folder = tmp_path_factory.mktemp("kept")
    model, initial, final, (inputs, labels) = fitted((4, 6, 3), samples=20, head=3.0)
    save_proof(construct(model, Line(initial, final), (inputs, labels)), folder / "proof.npz")
    save_file(initial, folder / "initial.safetensors")
    save_file(final, folder / "final.safetensors")
    np.savez(folder / "data.npz", inputs=inputs.numpy(), targets=labels.numpy())
    return folder, initial, final, (inputs.numpy(), labels.numpy())


def verified(folder, capsys, **files):
    capsys.readouterr()
    options = [part for key, file in files.items() for part in (f"--{key}", str(file))]
    code = main([str(folder / "proof.npz"), *options])
    return code, capsys.readouterr()


def test_the_same_numbers(kept, capsys):
    folder = kept[0]
    own = {key: folder / f"{key}.safetensors" for key in ("initial", "final")}
    code, shown = verified(folder, capsys, **own, data=folder / "data.npz")
    assert code == 0
    first, second, third = (line.split(": ", 1)[1] for line in shown.out.splitlines()[:3])
    assert first == f"W(0): the 4 entries of {own['initial']}"
    assert second == f"W(1): the 4 entries of {own['final']}"
    assert third == f"data: the 20 samples of {folder / 'data.npz'}"


def test_entries_of_which_the_proof_says_nothing_are_told(kept, tmp_path, capsys):
    """As of a network of which the steps leave a layer out."""
    own = arrays_in(str(kept[0] / "initial.safetensors"))
    larger = tmp_path / "larger.npz"
    np.savez(larger, **own, **{"8.weight": np.ones((2, 2))})
    code, shown = verified(kept[0], capsys, initial=larger)
    assert code == 0
    assert shown.out.splitlines()[0].endswith(f"W(0): 4 of 5 entries of {larger}")


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_an_entry_that_differs_is_named(suffix, kept, tmp_path, capsys):
    folder, initial, _, _ = kept
    other = {name: value.clone() for name, value in initial.items()}
    name = list(other)[-2]
    other[name][1, 2] += 1
    file = tmp_path / f"other.{suffix}"
    if suffix == "npz":
        np.savez(file, **{key: value.numpy() for key, value in other.items()})
    else:
        save_file(other, file)
    code, shown = verified(folder, capsys, initial=file)
    assert code == 1
    assert f"{name!r} of {file} differs in 1 of 18 numbers, first at (1, 2)" in shown.err
    assert "verified" not in shown.out


def test_both_ends_are_told_apart(kept, capsys):
    folder = kept[0]
    code, shown = verified(folder, capsys, final=folder / "initial.safetensors")
    assert code == 1
    assert "differs in" in shown.err


def test_an_entry_that_lacks_or_has_another_shape(kept, tmp_path, capsys):
    folder, initial, _, _ = kept
    other = dict(initial)
    name = sorted(other)[0]
    other[name] = torch.ones(5)
    save_file(other, tmp_path / "other.safetensors")
    code, shown = verified(folder, capsys, initial=tmp_path / "other.safetensors")
    assert (code, "is of the shape (5,), not (6,)" in shown.err) == (1, True)
    del other[name]
    save_file(other, tmp_path / "other.safetensors")
    code, shown = verified(folder, capsys, initial=tmp_path / "other.safetensors")
    assert (code, f"has no entry {name!r}, but" in shown.err) == (1, True)


def test_data_that_differ(kept, tmp_path, capsys):
    folder, _, _, (inputs, labels) = kept
    file = tmp_path / "data.npz"
    np.savez(file, inputs=inputs, targets=np.eye(3)[labels])  # one-hot already
    assert verified(folder, capsys, data=file)[0] == 0
    np.savez(file, inputs=inputs.astype(float) + 1e-9, targets=labels)
    code, shown = verified(folder, capsys, data=file)
    assert (code, "inputs rounded to float32" in shown.out) == (0, True)
    np.savez(file, inputs=inputs, targets=(labels + 1) % 3)
    code, shown = verified(folder, capsys, data=file)
    assert (code, "'targets' of" in shown.err) == (1, True)
    np.savez(file, inputs=inputs[1:], targets=labels[1:])
    code, shown = verified(folder, capsys, data=file)
    assert (code, "of the shape (19, 4), not (20, 4)" in shown.err) == (1, True)


@pytest.mark.parametrize(
    ("loss", "held", "own", "same"),
    [
        ("squared", [[1.0], [1.0]], [0, 0], False),  # no classes, of one output
        ("squared", [[0.0], [0.0]], [0, 0], True),
        ("poisson", [[0.0], [0.0]], [0, 0], True),
        ("hinge", [[-1.0], [-1.0]], [0, 0], True),
        ("hinge", [[1.0], [1.0]], [0, 0], False),
        ("squared", [[0.0, 1, 2], [3, 4, 5]], [[0.0, 1], [2, 3], [4, 5]], False),
        ("squared", [[0.0, 1, 2], [3, 4, 5]], [0.0, 1, 2, 3, 4, 5], False),
        ("squared", [[0.0, 1, 2, 3], [4, 5, 6, 7]], [[[0.0, 1], [2, 3]], [[4, 5], [6, 7]]], True),
        ("squared", [[0.0]], 0.0, False),
    ],
)
def test_targets_of_one_output_and_of_other_shapes(loss, held, own, same, tmp_path, capsys):
    """Integers are classes where there are several outputs; each row is that of a sample."""
    held, own = np.array(held), np.array(own)
    outputs = np.full((2, *held.shape), 3.0)
    proof = written(tmp_path / "proof.npz", outputs, held, loss, {})
    np.savez(tmp_path / "data.npz", inputs=np.eye(len(held)), targets=own)
    assert main([proof, "--data", str(tmp_path / "data.npz")]) == 1  # nothing follows
    shown = capsys.readouterr()
    assert (shown.out.count("samples of"), shown.err.count("REFUSED")) == (same, not same)


def test_half_precision_is_read_exactly(tmp_path, capsys):
    model, initial, final, data = fitted((4, 6, 3), samples=20, head=3.0)
    for kind in (torch.bfloat16, torch.float16):
        first, last = ({k: v.to(kind) for k, v in one.items()} for one in (initial, final))
        line = Line(*({k: v.float() for k, v in one.items()} for one in (first, last)))
        save_proof(construct(model, line, data), tmp_path / "proof.npz")
        save_file(first, tmp_path / "first.safetensors")
        assert verified(tmp_path, capsys, initial=tmp_path / "first.safetensors")[0] == 0


def test_files_of_another_kind(kept, tmp_path, capsys):
    folder = kept[0]
    for name, content, reason in (
        ("weights.pt", b"", "a .pt file takes torch to read"),
        ("none.safetensors", None, "No such file"),
        ("short.safetensors", b"1", "a header of"),
        (
            "broken.safetensors",
            (9).to_bytes(8, "little") + b"[" * 9,
            "as a whole .safetensors file cannot be read",
        ),
        ("broken.npz", b"PK", "an archive of arrays cannot be read"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        code, shown = verified(folder, capsys, initial=tmp_path / name)
        assert (code, reason in shown.err) == (2, True), shown.err


def test_a_header_that_says_what_does_not_fit(kept, tmp_path, capsys):
    folder = kept[0]
    text = b'{"a": {"dtype": "F32", "shape": [1000000000], "data_offsets": [0, 4]}}'
    file = tmp_path / "false.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    code, shown = verified(folder, capsys, initial=file)
    assert (code, "says of 'a' what does not fit" in shown.err) == (2, True)
