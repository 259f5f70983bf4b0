"""Functions of the user's own are imported by name; what is wrong with them is named."""

import sys

import pytest
import torch

from construction.errors import InputError
from construction.files.user_code import call_user_code, import_callable

from ..users_folder import settled_in


@pytest.fixture
def folder(tmp_path, monkeypatch):
    yield from settled_in(tmp_path, monkeypatch)


def write(folder, text: str, name: str = "own.py") -> None:
    (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("text", "reference", "words"),
    [
        ("x = 1\n", "own.py:build", "'build' in own.py; found none. It has none at all"),
        ("build = 3\n\ndef other(): ...\n", "own.py:build", "found int. It has other."),
        ("import nowhere\n", "own.py:build", "ModuleNotFoundError: No module named 'nowhere'"),
        ("def f(:\n", "own.py:f", "SyntaxError: "),
        ("\n\n1 / 0\n", "own.py:f", "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(3)\n", "own.py:f", "SystemExit: 3"),
        ("", "none.py:f", "a file none.py; found no such file"),
        ("", "nowhere_at_all:f", "No module named 'nowhere_at_all'"),
        ("", "own.py", "a model as FILE.py:NAME or package.module:NAME; found 'own.py'"),
        ("", "own.py:2", "found 'own.py:2'"),
    ],
)
def test_code_that_cannot_be_fetched_is_named(folder, text, reference, words):
    write(folder, text)
    with pytest.raises(InputError, match="Expected") as caught:
        import_callable(reference, "a model")
    assert words in str(caught.value)


def test_a_syntax_error_names_file_and_line(folder):
    write(folder, "x = 1\ny = = 2\n")
    with pytest.raises(InputError, match=r"SyntaxError: .*own\.py, line 2\)"):
        import_callable("own.py:x", "a model")


def test_files_may_import_their_neighbours_and_packages_are_found_by_name(folder):
    write(folder, "WIDTH = 8\n", "neighbour.py")
    write(folder, "from neighbour import WIDTH\n\n\ndef width(by=1):\n    return WIDTH * by\n")
    assert call_user_code("own.py:width", {"by": 2}, "a width") == 16
    assert call_user_code("own.py:width", [3], "a width") == 24
    assert import_callable("torch.nn:Linear", "a model") is torch.nn.Linear


def test_a_file_named_like_a_module_does_not_replace_it(folder):
    write(folder, "def build():\n    return 'mine'\n", "json.py")
    assert call_user_code("json.py:build", {}, "a word") == "mine"
    assert sys.modules["json"].loads("[1]") == [1]
