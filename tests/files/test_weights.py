"""State dicts are read from every kind of file that cannot run code, and known by a checksum."""

import argparse
import datetime
import json
import os
import pathlib
import pickle
import zipfile
from collections import defaultdict
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file, save_model
from torch import nn

from construction import load_weights, mlp
from construction.errors import WeightsError
from construction.files.weights import _content, checksum

from ..users_folder import settled_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


def test_weights_are_the_same_from_every_kind_of_file(folder):
    state = load_file("trained.safetensors")
    torch.save(state, "trained.pt")
    torch.save(state, "trained.pth")
    for name in ("trained.pt", "trained.pth", "trained.safetensors"):
        assert checksum(load_weights(folder / name)) == checksum(state)


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin", ".ckpt", ".pth.tar", ".th", ".t7"])
def test_a_checkpoint_is_read_under_any_of_the_usual_endings_and_says_what_was_done(folder, ending):
    state = load_file("trained.safetensors")
    held = {
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1, data=Path("data")),
        "best": np.float64(0.5),
        "state_dict": {f"module.{name}": value.half() for name, value in state.items()},
    }
    torch.save(held, f"last{ending}")
    read = load_weights(f"last{ending}")
    assert checksum(read) == checksum(held["state_dict"])
    count = len(state)
    assert read.reading == f"last{ending}: {count} tensors of float16, under 'state_dict'"
    assert repr(read) == f"<{read.reading}>"


def test_numpys_arrays_are_read(folder):
    state = load_file("trained.safetensors")
    torch.save({name: value.numpy() for name, value in state.items()}, "arrays.bin")
    assert checksum(load_weights("arrays.bin")) == checksum(state)


def test_tied_layers_are_read_as_save_model_writes_them(folder):
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 3))
    model[2].weight = model[0].weight
    save_model(model, "tied.safetensors")
    assert len(load_file("tied.safetensors")) == 3
    for read in (load_weights("tied.safetensors"), load_weights("tied.safetensors", model)):
        assert checksum(read) == checksum(model.state_dict())


@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_weights_in_parts_are_read_by_their_index(folder, ending):
    state = load_file("trained.safetensors")
    parts = {}
    for k, (name, value) in enumerate(state.items()):
        file = f"part-{k % 2}.{ending}"
        parts.setdefault(file, {})[name] = value
    for file, part in parts.items():
        save_file(part, file) if ending == "safetensors" else torch.save(part, file)
    where = {name: file for file, part in parts.items() for name in part}
    (folder / "model.index.json").write_text(json.dumps({"weight_map": where}))
    assert checksum(load_weights("model.index.json")) == checksum(state)
    (folder / "part-1.safetensors").unlink(missing_ok=True)
    (folder / "part-1.bin").unlink(missing_ok=True)
    with pytest.raises(WeightsError, match=rf"weights in part-1\.{ending}; found no such file"):
        load_weights("model.index.json")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": 3}'])
def test_what_is_no_index_is_refused(folder, text):
    (folder / "model.index.json").write_text(text)
    with pytest.raises(WeightsError, match=r"an index of weights model\.index\.json; found .*Name"):
        load_weights("model.index.json")


def test_a_file_with_a_part_of_the_weights_goes_on_top_of_a_base(folder):
    model, other = mlp((4, 6, 3), seed=1), mlp((4, 6, 3), seed=2)
    last = {"3.weight": other.state_dict()["3.weight"]}
    save_file(last, "adapter.safetensors")
    read = load_weights("adapter.safetensors", model, base=model.state_dict())
    assert checksum(read) == checksum({**model.state_dict(), **last})
    assert read.reading.endswith("1 of 4 entries on top of the base")
    with pytest.raises(
        WeightsError, match=r"3 missing: '1\.weight'.*load_weights\(file, model, ba"
    ):
        load_weights("adapter.safetensors", model)


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
        ("trap.pt", pickle.dumps(Trap(), 2), f"a pickle of {open.__module__}.open, which"),
        ("weights.h5", b"", "a file that ends in .h5"),
        ("weights", b"", "a file that ends in nothing"),
    ],
)
def test_files_that_hold_no_weights_are_refused_and_never_run(folder, name, content, words):
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_weights(folder / name)
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
        load_weights(folder / "weights.pt")


def test_a_truncated_file_of_weights_is_refused(folder):
    torch.save(load_file("trained.safetensors"), "trained.pt")
    whole = (folder / "trained.pt").read_bytes()
    (folder / "trained.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match=r"trained\.pt"):
        load_weights(folder / "trained.pt")


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
    ("tensor", "words", "remedy"),
    [
        (torch.eye(3).to_sparse(), "a sparse tensor", "to_dense()"),
        (torch.eye(10**3).to_sparse(), "a sparse tensor", "to_dense()"),  # its file is smaller
        (torch.ones(1).expand(10**9), "a tensor of 1000000000 entries in a file ", "contiguous()"),
        (torch.empty(3, device="meta"), "a tensor without values, on the device meta", "values"),
    ],
    ids=["sparse", "large and sparse", "expanded", "meta"],
)
def test_tensors_of_unusual_kinds_are_refused_by_name(folder, tensor, words, remedy):
    torch.save({"plain": torch.ones(2), "w": tensor}, "weights.pt")
    with pytest.raises(WeightsError) as caught:
        load_weights(folder / "weights.pt")
    assert caught.value.found.startswith(words)
    assert caught.value.found.endswith("'w'")
    assert remedy in caught.value.remedy
    assert "save it again" in caught.value.remedy


@pytest.mark.filterwarnings("ignore:.*quantiz.*", "ignore:.*TypedStorage.*")
def test_quantised_weights_are_refused(folder):
    torch.save({"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}, "weights.pt")
    with pytest.raises(WeightsError, match=r"a quantised tensor, 'w'. .* by dequantize\(\)"):
        load_weights(folder / "weights.pt")


def test_a_compressed_file_of_torch_is_refused_before_it_is_unpacked(folder):
    torch.save({"w": torch.zeros(10**6)}, "weights.pt")
    with zipfile.ZipFile("weights.pt") as old, zipfile.ZipFile("small.pt", "w", 8) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    with pytest.raises(WeightsError, match=r"a compressed archive, as torch\.save never"):
        load_weights(folder / "small.pt")


def test_weights_under_the_ending_of_another_kind_are_not_called_damaged(folder):
    torch.save(load_file("trained.safetensors"), "other.safetensors")
    with pytest.raises(WeightsError, match=r"found a zip archive\. Save the weights alone"):
        load_weights(folder / "other.safetensors")


def test_paths_of_every_system_dates_and_defaultdicts_are_read_beside_weights(folder, monkeypatch):
    window = type("WindowsPath", (PureWindowsPath,), {"__module__": "pathlib"})("C:/runs")
    monkeypatch.setattr(pathlib, "WindowsPath", type(window))
    beside = [
        *(window, PureWindowsPath("D:/x"), PurePosixPath("a/b"), Path("data")),
        *(datetime.datetime.now(datetime.UTC), datetime.timedelta(1), datetime.date.today()),
        *(defaultdict(kind, {"step": kind()}) for kind in (dict, list, int, float)),
    ]
    torch.save({"state_dict": {"w": torch.ones(2)}, "args": beside}, "last.pt")
    assert load_weights("last.pt")["w"].tolist() == [1.0, 1.0]
    read = _content(folder / "last.pt")["args"]
    assert read[0] == PureWindowsPath("C:/runs")
    assert read[3] == PurePosixPath("data")
    assert read[4:7] == beside[4:7]
    assert [type(one) for one in read[-4:]] == [dict] * 4
    assert read[-4:] == [dict(one) for one in beside[-4:]]


def test_a_defaultdict_of_a_function_that_does_something_is_refused(folder):
    torch.save({"state_dict": {"w": torch.ones(2)}, "x": defaultdict(os.getcwd)}, "last.pt")
    with pytest.raises(WeightsError, match="which is not read as it could run code"):
        load_weights("last.pt")
