"""What a user hands in is read from files that cannot run code; what cannot be used is named."""

from inspect import signature

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.utils.data import DataLoader

from construction.commands.inputs import loss_named, read_data
from construction.commands.options import OPTIONS
from construction.commands.parser import parser
from construction.data import load, standardised
from construction.errors import ConstructionError, InputError
from construction.forward import ranks
from construction.loss.catalogue import LOSSES, as_loss

from ..users_folder import REAL, SOLVE, settled_in, solved


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


# --- the user's code -----------------------------------------------------------------------------


def written(folder, text: str, name: str = "own.py") -> None:
    (folder / name).write_text(text)


def test_the_users_own_last_line_and_place_are_kept(folder, capsys):
    written(folder, "def inner():\n    return {}['width']\n\n\ndef build():\n    return inner()\n")
    assert solved(*REAL, "--model", "own.py:build") == 1
    err = capsys.readouterr().err
    assert err == (
        "construction: Expected own.py:build to return a model; found KeyError: 'width' "
        f"({folder / 'own.py'}, line 2). Mend it there, and try again.\n"
    )


def test_the_other_ranks_learn_of_a_model_that_fails_to_build(folder, monkeypatch):
    written(folder, "def build():\n    return {}['width']\n")
    told = []
    monkeypatch.setattr(ranks, "distributed", lambda: True)
    monkeypatch.setattr(ranks, "rank_and_size", lambda: (1, 2))
    monkeypatch.setattr(ranks, "_flags", told.append)
    assert solved(*REAL, "--model", "own.py:build") == 1
    assert told == [1.0]


def test_a_network_that_fails_while_it_runs_is_named_with_its_place(folder, capsys):
    written(
        folder,
        "from construction.network.networks import mlp\nfrom torch import nn\n\n\n"
        "class Net(nn.Sequential):\n    def forward(self, x):\n"
        "        assert len(x) < 0, 'as I say'\n\n\n"
        "def build():\n    return Net(*mlp((3, 12, 8, 2)))\n",
    )
    assert solved(*REAL, "--model", "own.py:build") == 1
    err = capsys.readouterr().err
    assert "the model, the loss and the data to run; found AssertionError: as I say (" in err
    assert "own.py, line 7)" in err


def test_an_error_of_the_package_itself_is_not_blamed_on_the_user(folder, monkeypatch):
    from construction.commands import solve

    monkeypatch.setattr(solve, "follow", range)  # whatever it is called with, it fails
    with pytest.raises(TypeError):
        solved(*REAL)


def test_arguments_that_do_not_fit_and_what_is_no_model_are_refused(folder, capsys):
    assert solved(*REAL, "--model-args", '{"width": 3}') == 1
    assert "TypeError: build() got an unexpected keyword argument" in capsys.readouterr().err
    assert solved(*REAL, "--model", "torch:tensor", "--model-args", "[[1.0]]") == 1
    assert "torch:tensor to return an nn.Module; found Tensor" in capsys.readouterr().err


def test_a_network_of_another_width_is_not_taken_for_a_wrapped_one(folder, capsys):
    written(
        folder,
        "from construction import mlp\n\n\ndef build():\n    return mlp((3, 9, 8, 2))\n",
    )
    assert solved(*REAL, "--model", "own.py:build") == 1
    err = capsys.readouterr().err
    assert "3 of another shape: '1.weight' (12, 3) for (9, 3)" in err
    assert err.endswith(
        "The model was built with other sizes: use the settings it was trained with.\n"
    )


# --- data ----------------------------------------------------------------------------------------


def test_the_same_arrays_come_from_every_kind_of_source(folder):
    arrays = dict(np.load("real.npz"))
    for key, array in arrays.items():
        np.save(f"{key}.npy", array)
    save_file({key: torch.from_numpy(array) for key, array in arrays.items()}, "real.safetensors")
    written(
        folder,
        "import numpy as np\n\n\ndef pair():\n    x = np.load('real.npz')\n"
        "    return x['inputs'], x['targets']\n",
    )
    sources = (["real.npz"], ["real.safetensors"], ["inputs.npy", "targets.npy"], ["own.py:pair"])
    for source in sources:
        pair = read_data(source)
        for part, key in zip(pair, ("inputs", "targets"), strict=True):
            np.testing.assert_array_equal(part, arrays[key])


def test_targets_of_any_integer_type_become_class_indices(folder):
    x = np.zeros((3, 2), ">f4")
    for kind in ("uint8", "int32", ">i2", "uint32"):
        np.savez("few.npz", inputs=x, targets=np.arange(3).astype(kind))
        inputs, targets = read_data(["few.npz"])
        assert (inputs.dtype, targets.dtype) == (torch.float32, torch.int64)
        assert targets.tolist() == [0, 1, 2]


def test_the_digits_by_name_are_those_of_the_package():
    digits = load("mnist-5k")
    inputs, targets = read_data(["mnist-5k"])
    np.testing.assert_array_equal(inputs, standardised(digits.train_images))
    assert targets.tolist() == digits.train_labels.tolist()


def test_a_loader_is_passed_on_and_solved(folder):
    written(
        folder,
        "import numpy as np, torch\nfrom torch.utils.data import DataLoader, TensorDataset\n\n\n"
        "def loader():\n    x = np.load('real.npz')\n"
        "    parts = [torch.from_numpy(x[k]) for k in ('inputs', 'targets')]\n"
        "    return DataLoader(TensorDataset(*parts), batch_size=16)\n",
    )
    assert isinstance(read_data(["own.py:loader"]), DataLoader)
    assert solved("--data", "own.py:loader", "--quiet") == 0


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (["none.npz"], "data in none.npz; found no such file"),
        (["bad.npz"], "arrays of numbers in bad.npz; found "),
        (["objects.npz"], "found Object arrays cannot be loaded"),
        (["words.npz"], "found one of <U3. Encode text as class indices"),
        (["other.npz"], "`inputs` and `targets` in other.npz; found x, y"),
        (["bad.safetensors"], "arrays of numbers in bad.safetensors"),
        (["one_array.npz"], "arrays of numbers in one_array.npz"),
        (["digits"], "a source of data; found 'digits'. Give FILE.npz"),
        (["one.npz", "two.npz"], "one source of data; found 2: one.npz, two.npz"),
        (["own.py:three"], "own.py:three to return (inputs, targets) or a DataLoader; found int"),
        (["own.py:fails"], "own.py:fails to return data; found RuntimeError: not today"),
    ],
)
def test_data_that_cannot_be_used_are_named(folder, source, words):
    for name in ("bad.npz", "bad.safetensors"):
        (folder / name).write_bytes(b"nothing of the kind")
    np.savez("objects.npz", inputs=np.array([{}], object), targets=np.zeros(1))
    np.savez("words.npz", inputs=np.array(["one"]), targets=np.zeros(1))
    np.savez("other.npz", x=np.zeros(1), y=np.zeros(1))
    np.save("array.npy", np.zeros(1))
    (folder / "array.npy").rename("one_array.npz")
    written(
        folder,
        "def three():\n    return 3\n\n\ndef fails():\n    raise RuntimeError('not today')\n",
    )
    with pytest.raises(ConstructionError) as caught:
        read_data(source)
    assert words in str(caught.value)


# --- loss and command line -----------------------------------------------------------------------


def test_help_names_the_options_of_every_loss():
    clauses = OPTIONS["loss-option"]["help"].split("; ")
    for name in LOSSES:
        for key in signature(type(as_loss(name))).parameters:
            assert any(name in clause and f"{key}=" in clause for clause in clauses), (name, key)


def test_options_reach_the_losses_that_have_them(folder):
    values = {"smoothing": 0.3, "delta": 2.0, "quantile": 0.9, "ignore_index": 7, "axis": 1}
    values["weight"] = [1, 2, 0.5]
    pairs = [("label_smoothing", "smoothing"), ("huber", "delta"), ("pinball", "quantile")]
    classes = ("label_smoothing", "cross_entropy")
    pairs += [(name, key) for name in classes for key in ("weight", "ignore_index", "axis")]
    for name, option in pairs:
        loss = loss_named(name, {option: values[option]})
        found = getattr(loss, "classes" if option == "axis" else option)
        assert (found.tolist() if option == "weight" else found) == values[option]
        assert loss.name == name  # the smoothing stays when another is given


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("squarred", {}, "a loss among 'squared', "),
        (
            "squared",
            {"delta": 1.0},
            "of the loss squared no option; found 'delta'. `solve --help` says which",
        ),
        ("huber", {"quantile": 0.5}, "of the loss huber delta; found 'quantile'"),
        ("huber", {"delta": -1.0}, "delta above 0; found -1.0"),
        ("own.py:loss", {"delta": 1.0}, "of the loss own.py:loss no option"),
        (
            "cross_entropy",
            {"ignore_index": 0.5},
            "ignore_index as an int64; found 0.5",
        ),
        ("cross_entropy", {"axis": 1.5}, "axis as an int64; found 1.5. Give a whole"),
        ("cross_entropy", {"ignore_index": 2**63}, "an int64; found 9223372036854775808"),
        (
            "cross_entropy",
            {"weight": 2},
            "one number, for weight a list; found weight=2. Give one.",
        ),
        ("cross_entropy", {"axis": [1, 2]}, "for weight a list; found axis=[1, 2]"),
        (
            "label_smoothing",
            {"smoothing": [0.1, 0.2]},
            "for weight a list; found smoothing=[0.1, 0.2]",
        ),
        ("huber", {"delta": [1, 2]}, "for weight a list; found delta=[1, 2]"),
        ("pinball", {"quantile": [0.1, 0.2]}, "for weight a list; found quantile=[0.1, 0.2]"),
        ("own.py:other", {}, "'other' in own.py; found none"),
    ],
)
def test_losses_and_options_that_are_none_are_refused(folder, name, options, words):
    written(folder, "def loss(p, y):\n    return p\n")
    with pytest.raises(InputError) as caught:
        loss_named(name, options)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--model-args", "{width: 3}"), "--model-args: not JSON: Expecting property name"),
        (("--model-args", "3"), "'[value]', found 3"),
        (("--loss-option", "delta"), "expected KEY=NUMBER, found 'delta'"),
        (("--loss-option", "delta=big"), "expected KEY=NUMBER, found 'delta=big'"),
        (("--loss-option", "weight=1,2,"), "expected KEY=NUMBER, found 'weight=1,2,'"),
        (("--loss-option", "delta=inf"), "expected KEY=NUMBER, found 'delta=inf'"),
        (("--loss-option", "delta=1" + "0" * 400), "expected KEY=NUMBER, found 'delta=1000"),
        (("--loss-option", 'weight=1,"2"'), "expected KEY=NUMBER, found"),
        (("--missing", "drop"), "invalid choice: 'drop'"),
        (("--memory", "much"), "expected a size such as 500MB or 2GiB, found 'much'"),
        (("--memory", "0"), "found '0'"),
        (("--memory", "3XB"), "found '3XB'"),
        (("--memory", "5iB"), "found '5iB'"),
        (("--profile", "steep"), "invalid choice: 'steep'"),
        (("--points", "many"), "invalid int value: 'many'"),
        (("--checkpoint", "a", "--bezier", "b"), "not allowed with argument"),
        (("--batch-norm", "keep"), "invalid choice: 'keep'"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2(capsys, given, words):
    with pytest.raises(SystemExit) as caught:
        parser().parse_args([*SOLVE, *REAL, *given])
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("smoothing=.1", ("smoothing", 0.1)),
        ("delta=1.", ("delta", 1.0)),
        ("delta=+1", ("delta", 1)),
        ("delta=1e-3", ("delta", 0.001)),
        ("ignore_index=-100", ("ignore_index", -100)),
        ("weight=.5, 2,+3.", ("weight", [0.5, 2, 3.0])),
        ("weight=2", ("weight", [2])),
    ],
)
def test_numbers_are_read_as_python_has_them(text, wanted):
    ((key, value),) = parser().parse_args([*SOLVE, *REAL, "--loss-option", text]).loss_option
    assert (key, value) == wanted
    assert type(value) is type(wanted[1])  # whole numbers stay whole


@pytest.mark.parametrize(
    ("text", "size"), [("1GB", 10**9), ("2 GiB", 2**31), ("1.5mb", 1_500_000), ("4096", 4096)]
)
def test_sizes_are_read_in_the_usual_units(text, size):
    assert parser().parse_args([*SOLVE, *REAL, "--memory", text]).memory == size


def test_what_is_missing_is_named(capsys):
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["solve", "--model", "net.py:build"])
    assert caught.value.code == 2
    assert "required: --initial, --final, --data" in capsys.readouterr().err
