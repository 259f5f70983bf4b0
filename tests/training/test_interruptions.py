"""What an interruption leaves is taken up to the same bits, or seen to be damaged."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from construction.files import storage
from construction.network.architectures import MLP
from construction.training.training import Run, train

from ..runs import TINY, count, interrupt, train_on_few_digits
from .folders import content, halve, interrupted_at

pytestmark = pytest.mark.usefixtures("few")


@pytest.mark.parametrize("step", range(1, 13))
def test_a_run_interrupted_in_any_step_ends_with_the_bits_of_one_that_was_not(
    whole, tmp_path, step, monkeypatch
):
    interrupted_at(tmp_path, torch.optim.Adam, "step", step)
    steps = count(monkeypatch, torch.optim.Adam, "step")
    assert content(train(TINY, tmp_path)) == content(whole)
    assert len(steps) == 12 - 4 * ((step - 1) // 4)  # from the last whole epoch


@pytest.mark.parametrize("call", range(1, 10))  # 5 weights, 3 states, the description
def test_an_interruption_while_writing_leaves_no_half_of_a_file(whole, tmp_path, call):
    written_whole, calls = storage.written_whole, []

    @contextmanager
    def interrupted(path):
        calls.append(path)
        with written_whole(path) as temporary:
            yield temporary
            if len(calls) == call:
                halve(temporary)
                raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "written_whole", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, tmp_path)
    assert not calls[-1].exists() or calls[-1] in calls[:-1]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert content(train(TINY, tmp_path)) == content(whole)


def test_two_interruptions_change_nothing_either(whole, tmp_path):
    for call in (6, 6):
        interrupted_at(tmp_path, torch.optim.Adam, "step", call)
    assert content(train(TINY, tmp_path)) == content(whole)


def test_fresh_does_not_go_on_from_an_interrupted_run(tmp_path, monkeypatch):
    interrupted_at(tmp_path, torch.optim.Adam, "step", 10)
    steps = count(monkeypatch, torch.optim.Adam, "step")
    train(TINY, tmp_path, fresh=True)
    assert len(steps) == 12


@pytest.fixture(scope="module")
def two_epochs(tmp_path_factory) -> Path:
    """A run interrupted in its third epoch."""
    with pytest.MonkeyPatch.context() as patch:
        train_on_few_digits(patch)
        return interrupted_at(tmp_path_factory.mktemp("two"), torch.optim.Adam, "step", 10)


def ends_alike(whole: Run, folder: Path) -> bool:
    return content(train(TINY, folder)) == content(whole)


@pytest.fixture
def left(two_epochs, tmp_path) -> Path:
    """A copy of the interrupted run."""
    return Path(shutil.copytree(two_epochs, tmp_path / "left"))


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_state_is_not_resumed(whole, left, share):
    state = left / "resume.pt"
    packed = state.read_bytes()
    state.write_bytes(packed[: int(share * len(packed))])
    assert ends_alike(whole, left)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_state_with_a_flipped_byte_is_not_resumed(whole, left, share):
    state = left / "resume.pt"
    packed = bytearray(state.read_bytes())
    packed[int(share * len(packed))] ^= 0x5A
    state.write_bytes(packed)
    assert ends_alike(whole, left)


@pytest.mark.parametrize("garbage", [b"x", b"hello world", b"PK\3\4" + bytes(99), bytes(999)])
def test_garbage_is_not_resumed(whole, left, garbage):
    (left / "resume.pt").write_bytes(garbage)
    assert ends_alike(whole, left)


@pytest.mark.parametrize(
    "state", [[1], {}, {"recipe": TINY.digest}, {"recipe": TINY.digest, "step": 8}], ids=repr
)
def test_a_state_of_something_else_is_not_resumed(whole, left, state):
    torch.save(state, left / "resume.pt")
    assert ends_alike(whole, left)


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"architecture": MLP((784, 9, 10))}, {"epochs": 4}], ids=repr
)
def test_a_state_of_another_recipe_is_not_resumed(whole, tmp_path, other):
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, torch.optim.Adam, "step", 10)
        with pytest.raises(KeyboardInterrupt):
            train(replace(TINY, **other), tmp_path)
    assert ends_alike(whole, tmp_path)


@pytest.mark.parametrize("damage", [Path.unlink, halve], ids=lambda f: f.__name__)
@pytest.mark.parametrize("step", [0, 3, 6])
def test_a_state_without_whole_weights_of_every_step_before_is_not_resumed(
    whole, left, damage, step
):
    damage(left / f"weights-{step:06d}.safetensors")
    assert ends_alike(whole, left)
