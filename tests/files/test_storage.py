import errno
import os
import subprocess
import sys
from pathlib import Path

import pooch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from construction.errors import CacheError
from construction.files.storage import (
    cache_folder,
    digest_of,
    ensure_folder,
    write_whole,
    written_whole,
)

from ..runs import blocked

numbers = st.integers() | st.floats(allow_nan=False)
names = st.text(max_size=5)
settings = st.dictionaries(names, numbers | st.dictionaries(names, numbers, max_size=3), max_size=4)


def break_off(path: Path, error: BaseException) -> None:
    with written_whole(path) as temporary:
        temporary.write_text("half of the new")
        raise error


@pytest.mark.parametrize("content", ["λ\n", "λ\r\n".encode()], ids=["text", "bytes"])
def test_a_text_or_bytes_are_written_as_they_are(tmp_path, content):
    write_whole(tmp_path / "note", content)
    written = (tmp_path / "note").read_bytes()
    assert written == (content if isinstance(content, bytes) else content.encode("utf-8"))


def test_the_cache_is_the_folder_named_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


@pytest.mark.parametrize("unset", [True, False], ids=["unset", "empty"])
def test_the_cache_is_the_operating_systems_when_none_is_named(monkeypatch, unset):
    monkeypatch.setenv("CONSTRUCTION_CACHE", "")
    if unset:
        monkeypatch.delenv("CONSTRUCTION_CACHE")
    assert cache_folder() == Path(pooch.os_cache("construction"))


def test_a_folder_is_made_with_all_above_it_and_left_empty(tmp_path):
    folder = tmp_path / "a" / "b"
    assert ensure_folder(folder) == folder
    assert folder.is_dir()
    assert not list(folder.iterdir())


def test_a_folder_that_is_there_keeps_its_files(tmp_path):
    (tmp_path / "note").write_text("kept")
    ensure_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]
    assert (tmp_path / "note").read_text() == "kept"


@pytest.mark.parametrize("depth", [0, 1, 2])
@pytest.mark.parametrize("cached", [True, False])
def test_a_folder_that_cannot_be_made_is_named_with_the_reason_and_a_remedy(
    tmp_path, monkeypatch, depth, cached
):
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(tmp_path if cached else tmp_path / "else"))
    below = blocked(tmp_path)
    folder = [below.parent, below, below / "more"][depth]
    with pytest.raises(CacheError) as caught:
        ensure_folder(folder)
    assert caught.value.expected == f"to write in the folder {folder}"
    assert caught.value.found in ("File exists", "Not a directory")
    assert ("CONSTRUCTION_CACHE" in caught.value.remedy) is cached
    assert isinstance(caught.value.__cause__, OSError)


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "note"
    with written_whole(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert temporary.parent.parent == tmp_path
        temporary.write_text("half and half")
    assert path.read_text() == "half and half"
    assert [entry.name for entry in tmp_path.iterdir()] == ["note"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [["note"], []], ids=["old-file", "no-file"])
def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path, error, before):
    path = tmp_path / "note"
    if before:
        path.write_text("old")
    with pytest.raises(error):
        break_off(path, error())
    assert [entry.name for entry in tmp_path.iterdir()] == before
    assert not before or path.read_text() == "old"


def test_a_full_disk_is_a_cache_error_and_leaves_the_old_file(tmp_path):
    path = tmp_path / "note"
    path.write_text("old")
    with pytest.raises(CacheError, match=r"folder .*; found No space left on device\. Free it"):
        break_off(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert [entry.name for entry in tmp_path.iterdir()] == ["note"]
    assert path.read_text() == "old"


def test_a_folder_that_went_away_is_a_cache_error(tmp_path):
    with (
        pytest.raises(CacheError, match="No such file or directory"),
        written_whole(tmp_path / "gone" / "note") as temporary,
    ):
        temporary.write_text("lost")


def test_a_name_as_long_as_the_system_allows_is_written(tmp_path):
    path = tmp_path / ("a" * 251 + ".npz")
    with written_whole(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"


def test_where_the_name_is_a_link_the_file_behind_it_is_replaced(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "note").symlink_to(tmp_path / "far" / "note")
    with written_whole(tmp_path / "note") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "note").is_symlink()
    assert (tmp_path / "far" / "note").read_text() == "whole"


KILLED = """
import os, signal, sys
from pathlib import Path
from construction.files.storage import written_whole
with written_whole(Path(sys.argv[1])) as temporary:
    temporary.write_text("half of it")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_what_a_killed_process_left_is_swept_and_nothing_that_is_in_use(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "note"], check=False)
    (left,) = tmp_path.iterdir()
    (tmp_path / ".construction-notes.part").write_text("the user's own")
    with written_whole(tmp_path / "other") as temporary:
        for folder in (left, temporary.parent):
            os.utime(folder, (0, 0))  # long ago
        ensure_folder(tmp_path)
        assert temporary.parent.is_dir()
        assert not left.exists()
        temporary.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".construction-notes.part", "other"]


def test_a_new_scratch_folder_is_not_swept_before_it_can_be_locked(tmp_path):
    (tmp_path / ".construction-new.part").mkdir()
    ensure_folder(tmp_path)
    assert (tmp_path / ".construction-new.part").is_dir()


@given(settings, st.randoms())
def test_a_digest_does_not_depend_on_the_order_of_entries(content, random):
    entries = list(content.items())
    random.shuffle(entries)
    shuffled = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in entries
    }
    assert digest_of(shuffled) == digest_of(content)


@given(settings, names, numbers)
def test_a_digest_depends_on_every_name_and_every_value(content, name, value):
    with_it = {**content, name: value}
    without = {key: x for key, x in content.items() if key != name}
    others = ({**content, name: "another"}, {**without, name + "'": value}, without)
    assert digest_of(with_it) not in {digest_of(other) for other in others}


def test_a_digest_is_twelve_hexadecimal_digits():
    assert len(digest_of({})) == 12
    assert int(digest_of({}), 16) > 0
