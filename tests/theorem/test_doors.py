"""Models, batches and checkpoints as people have them, each kind on one of its own.

What is found is computed again in float64, by a loop over samples that shares nothing with the
package: the user's model with the weights of the path, and PyTorch's loss.
"""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from construction import Line, construct, load_weights
from construction.errors import HeadError
from construction.forward import choice

from ..proofs import fitted as trained_small
from .kinds import (
    GPT,
    KINDS,
    ROWS,
    SHIFTED,
    TEXTS,
    Bert,
    drawn,
    fitted,
    louder,
    of_numbers,
    of_pixels,
    of_texts,
    of_tokens,
    re_evaluate,
    whole,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")  # by jvp


@pytest.mark.parametrize("name", KINDS)
def test_a_model_of_this_kind_has_a_path_that_a_plain_loop_finds_again(name):
    torch.manual_seed(0)
    build, batch, loss, objective, entries = KINDS[name]
    model = build()
    start, stop = fitted(model, batch, objective)
    line = Line(louder(start, entries), stop)
    path = construct(model, line, batch, loss=loss, profile="valley", points=5)
    assert path.forward.rescaled.entries >= entries
    re_evaluate(model, path, batch, objective)
    assert path.certify(7, prove=False).holds


@pytest.mark.parametrize("name", ["grad", "jvp", "vmap"])
def test_instruments_that_a_model_does_not_bear_are_done_without(name, monkeypatch):
    torch.manual_seed(0)
    build, batch, loss, objective, entries = KINDS[name]
    model = build()
    start, stop = fitted(model, batch, objective)
    line = Line(louder(start, entries), stop)
    wanted = construct(model, line, batch, loss=loss, points=50)
    monkeypatch.setattr(choice, "ENOUGH", 0)
    monkeypatch.setattr(choice, "INTERPOLATED", 0)
    found = construct(model, line, batch, loss=loss, points=50)
    assert found.scale.tolist() == wanted.scale.tolist()
    assert found.served.method == "plain"
    assert not batch[0].requires_grad


class Shy(nn.Module):
    """Runs where nobody follows its operations, nor counts them, nor hooks its layers."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        if torch._C._len_torch_dispatch_stack() or self.body._forward_hooks:
            raise RuntimeError("somebody looks")
        return self.head(torch.relu(self.body(x)))


def test_outputs_that_are_asked_for_one_by_one_are_told_so():
    """Where memory keeps no ray they are computed again for each lambda."""
    model, initial, final, data = trained_small((2, 2, 2), samples=1, head=3.0)
    options = {"loss": "cross_entropy", "points": 2, "profile": "valley"}
    path = construct(model, Line(initial, final), data, memory=1, **options)
    assert str(path.served) == "plain: asked at one lambda at a time"
    plenty = construct(model, Line(initial, final), data, **options)
    assert path.objective == pytest.approx(plenty.objective, rel=1e-6)


def test_a_model_that_bears_no_instrument_at_all_is_served_plainly(monkeypatch):
    torch.manual_seed(0)
    model, batch = Shy(), (ROWS, drawn(20, 3))
    start, stop = fitted(model, batch, of_numbers)
    line = Line(louder(start, {"head.weight"}), stop)
    path = construct(model, line, batch, points=5, head="head")
    assert str(path.served) == "plain: its operations cannot be counted"
    monkeypatch.setattr(choice.Choice, "cost", 10**12)
    path = construct(model, line, batch, points=5, head="head")
    assert str(path.served) == "plain: its layers cannot be watched at work"
    re_evaluate(model, path, batch, of_numbers)


def test_a_tied_gpt_is_refused_with_the_reason_and_served_by_the_way_out():
    torch.manual_seed(0)
    model = GPT(tied=True)
    start, stop = fitted(model, SHIFTED, of_tokens)
    entries = {"norm.weight", "norm.bias"}
    line = Line(louder(start, entries), stop)
    with pytest.raises(HeadError, match=r"shares 'head\.weight' with 'embedding\.weight'.*='norm'"):
        construct(model, line, SHIFTED, loss="cross_entropy", points=3)
    path = construct(
        model, line, SHIFTED, loss="cross_entropy", profile="valley", points=5, head="norm"
    )
    assert path.forward.rescaled.entries == entries
    re_evaluate(model, path, SHIFTED, of_tokens)
    weights = path.weights(0.5)
    assert torch.equal(weights["head.weight"], weights["embedding.weight"])


def test_batches_of_any_form_are_read_by_two_lambdas():
    torch.manual_seed(0)
    model = Bert()
    start, stop = fitted(model, TEXTS, of_texts)
    line = Line(louder(start, {"classifier.weight"}), stop)
    options = {"loss": "cross_entropy", "profile": "valley", "points": 5}
    wanted = construct(model, line, TEXTS, **options)
    triples = list(zip(TEXTS["input_ids"], TEXTS["attention_mask"], TEXTS["labels"], strict=True))
    rows = [dict(zip(TEXTS, row, strict=True)) for row in triples]
    found = [
        construct(
            model, line, ({k: TEXTS[k] for k in list(TEXTS)[:2]}, TEXTS["labels"]), **options
        ),
        construct(model, line, (list(TEXTS.values())[:2], TEXTS["labels"]), **options),
        construct(model, line, DataLoader(rows, batch_size=6), **options),
        construct(model, line, DataLoader(triples, 6), targets=lambda batch: batch[2], **options),
        construct(
            model,
            line,
            DataLoader(triples, 6),
            predict=lambda model, batch: model(batch[0], attention_mask=batch[1])["logits"],
            targets=lambda batch: batch[-1],
            memory=4000,
            **options,
        ),
    ]
    for path in found:
        assert path.scale == pytest.approx(wanted.scale, rel=1e-5)
        re_evaluate(model, path, TEXTS, of_texts)
    assert found[-1].forward.data.streams


def test_two_fine_tuned_checkpoints_of_one_base_are_joined_through_it(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    batch = (ROWS, whole(20, below=3))
    base, one = fitted(model, batch, of_pixels, steps=10)
    model.load_state_dict(base)
    _, two = fitted(model, batch, of_pixels)
    torch.save({"model": {f"module.{k}": v for k, v in one.items()}}, tmp_path / "one.pth.tar")
    torch.save(
        {"state_dict": {f"model.{k}": v.half() for k, v in two.items()}}, tmp_path / "two.ckpt"
    )
    raw = Line(torch.load(tmp_path / "one.pth.tar"), torch.load(tmp_path / "two.ckpt"))
    read = Line(*(load_weights(tmp_path / name, model) for name in ("one.pth.tar", "two.ckpt")))
    paths = [
        construct(model, line, batch, loss="cross_entropy", profile="valley", points=5)
        for line in (raw, read)
    ]
    assert paths[0].scale.tolist() == paths[1].scale.tolist()
    re_evaluate(model, paths[1], batch, of_pixels)


def test_a_lightning_style_checkpoint_is_read_without_what_lies_beside_the_weights(tmp_path):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    batch = (ROWS, whole(20, below=3))
    start, stop = fitted(model, batch, of_pixels)
    for name, state in (("first", louder(start, {"2.weight", "2.bias"})), ("last", stop)):
        held = {f"model._orig_mod.{key}": value for key, value in state.items()}
        torch.save(
            {
                "epoch": 9,
                "pytorch-lightning_version": "2.4.0",
                "state_dict": {**held, "criterion.weight": torch.ones(3)},
                "optimizer_states": [
                    {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": []}
                ],
                "hyper_parameters": {"width": 8},
            },
            tmp_path / f"{name}.ckpt",
        )
    read = [load_weights(tmp_path / f"{name}.ckpt", model) for name in ("first", "last")]
    assert read[0].reading == (
        "first.ckpt: 4 tensors of float32, under 'state_dict', without the prefix "
        "'model._orig_mod.', without 'criterion.weight'"
    )
    path = construct(model, Line(*read), batch, loss="cross_entropy", profile="valley", points=5)
    re_evaluate(model, path, batch, of_pixels)
