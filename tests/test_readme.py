"""The README's example runs as written."""

import re
from pathlib import Path

import pytest
import torch

from construction import mlp
from construction.network.heads import scale_head
from construction.recheck.__main__ import main as verify

README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def in_users_folder(tmp_path, monkeypatch):
    """A folder with the two files that the example loads, and the names that it takes as given."""
    monkeypatch.chdir(tmp_path)
    model = mlp((6, 12, 3), seed=2)
    inputs, labels = torch.randn(30, 6, generator=torch.manual_seed(0)), torch.arange(30) % 3
    torch.save(model.state_dict(), "initial.pt")
    torch.save(scale_head(model.state_dict(), "3", 0.05), "final.pt")
    return {"model": model, "inputs": inputs, "labels": labels}


def test_the_ten_lines_of_use_run_as_written(in_users_folder, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    exec(example, in_users_folder)
    assert capsys.readouterr().out == "checked at 1001 points\n"
    assert Path("result.npz").is_file()
    assert verify(["proof.npz"]) == 0


def test_the_picture_and_the_files_it_speaks_of_are_there():
    text = README.read_text()
    for name in re.findall(r"\]\(((?:scenes|docs)/\S+?)\)|`(construction/\S+?)`", text):
        assert (README.parent / (name[0] or name[1])).exists()


def test_it_is_one_screen_with_two_commands_and_three_links():
    text = README.read_text()
    assert len(text.splitlines()) <= 60
    assert re.findall(r"^make \w+", text, flags=re.MULTILINE) == ["make path", "make lecture"]
    assert len(re.findall(r"^- \*\*\[", text, flags=re.MULTILINE)) == 3
