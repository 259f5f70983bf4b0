import os

import pytest

from construction.errors import DataError, reading
from construction.files.storage import require_file


@pytest.mark.parametrize(
    ("name", "words"),
    [("none", "found no such file"), ("a" * 300, "found no such file"), (".", "found a folder")],
)
def test_what_is_no_file_is_told_as_that(tmp_path, name, words):
    with pytest.raises(DataError, match=words) as caught:
        require_file(tmp_path / name, "data", DataError)
    assert len(str(caught.value)) < 400


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_file_that_may_not_be_read_is_told_as_that(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("secret")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK)  # root may read all
    with pytest.raises(DataError, match=r"found a file that may not be read\. Allow it"):
        require_file(tmp_path / "file", "data", DataError)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (MemoryError(), "MemoryError"),
        (ValueError("two\n lines"), "two lines"),
        (KeyError("x"), "KeyError: 'x'"),
        (RecursionError("deep" * 100), "RecursionError: " + "deep" * 50 + " ..."),
    ],
)
def test_every_error_of_a_reader_becomes_one_of_a_line(error, found):
    with pytest.raises(DataError) as caught, reading("data", DataError, "Mend it."):
        raise error
    assert caught.value.found == found
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_damage(error):
    with pytest.raises(error), reading("data", DataError, "Mend it."):
        raise error


def test_the_packages_own_errors_pass():
    own = DataError("one", "two", "Three.")
    with pytest.raises(DataError) as caught, reading("data", DataError, "Mend it."):
        raise own
    assert caught.value is own
