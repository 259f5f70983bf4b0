"""State dicts are read from every kind of file that cannot run code, and known by a checksum."""

import pickle
import zipfile

import pytest
import torch
from safetensors.torch import load_file

from construction.errors import WeightsError
from construction.files.weights import checksum, read_weights

from ..users_folder import settled_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


def test_weights_are_the_same_from_every_kind_of_file(folder):
    state = load_file("trained.safetensors")
    torch.save(state, "trained.pt")
    torch.save(state, "trained.pth")
    for name in ("trained.pt", "trained.pth", "trained.safetensors"):
        assert checksum(read_weights(folder / name)) == checksum(state)


class Trap:
    """Would leave a file behind if it were unpickled."""

    def __reduce__(self):
        return open, ("sprung", "w")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.safetensors", None, "found no such file"),
        ("bad.safetensors", b"no tensors", "a safetensors file"),
        ("bad.pt", b"no tensors", "Save the weights alone: safetensors"),
        ("trap.pt", pickle.dumps(Trap(), 2), "a pickle of more than that"),
        ("weights.bin", b"", "a file that ends in .bin"),
        ("weights", b"", "a file that ends in nothing"),
    ],
)
def test_files_that_hold_no_weights_are_refused_and_never_run(folder, name, content, words):
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_weights(folder / name)
    assert words in str(caught.value)
    assert not (folder / "sprung").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"state_dict": {}, "epoch": 3}, "found the entries 'state_dict', 'epoch'"),
        (torch.zeros(2), "found Tensor"),
    ],
)
def test_tensors_that_are_no_state_dict_are_refused(folder, content, words):
    torch.save(content, "weights.pt")
    with pytest.raises(WeightsError, match=words):
        read_weights(folder / "weights.pt")


def test_a_truncated_file_of_weights_is_refused(folder):
    torch.save(load_file("trained.safetensors"), "trained.pt")
    whole = (folder / "trained.pt").read_bytes()
    (folder / "trained.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match=r"trained\.pt"):
        read_weights(folder / "trained.pt")


def test_the_checksum_sees_every_bit_name_shape_and_type():
    one = {"w": torch.zeros(2, 3), "n": torch.tensor(1)}
    others = [
        {**one, "w": torch.tensor([[0.0, 0, 0], [0, 0, -0.0]])},
        {**one, "w": torch.zeros(3, 2)},
        {**one, "w": torch.zeros(2, 3).bfloat16()},
        {"v": one["w"], "n": one["n"]},
    ]
    assert len({checksum(state) for state in [one, *others]}) == 5


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.eye(3).to_sparse(), "a sparse tensor"),
        (torch.ones(1).expand(10**9), "a tensor of 1000000000 entries in a file of "),
        (torch.empty(3, device="meta"), "a tensor without values, on the device meta"),
    ],
    ids=["sparse", "expanded", "meta"],
)
def test_tensors_of_unusual_kinds_are_refused_by_name(folder, tensor, words):
    torch.save({"plain": torch.ones(2), "w": tensor}, "weights.pt")
    with pytest.raises(WeightsError) as caught:
        read_weights(folder / "weights.pt")
    assert caught.value.found.startswith(words)
    assert caught.value.found.endswith("'w'")


@pytest.mark.filterwarnings("ignore:.*quantiz.*", "ignore:.*TypedStorage.*")
def test_quantised_weights_are_refused(folder):
    torch.save({"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}, "weights.pt")
    with pytest.raises(WeightsError, match="a quantised tensor, 'w'"):
        read_weights(folder / "weights.pt")


def test_a_compressed_file_of_torch_is_refused_before_it_is_unpacked(folder):
    torch.save({"w": torch.zeros(10**6)}, "weights.pt")
    with zipfile.ZipFile("weights.pt") as old, zipfile.ZipFile("small.pt", "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(WeightsError, match=r"a compressed archive, as torch\.save never"):
        read_weights(folder / "small.pt")


def test_weights_under_the_ending_of_another_kind_are_not_called_damaged(folder):
    torch.save(load_file("trained.safetensors"), "other.safetensors")
    with pytest.raises(WeightsError, match=r"found a zip archive\. Save the weights alone"):
        read_weights(folder / "other.safetensors")
