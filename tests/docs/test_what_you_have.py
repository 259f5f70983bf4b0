"""Every line of the table of what one has and what one writes runs, on a model of its kind."""

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.utils.data import DataLoader

import construction
from construction import Line, mlp
from construction.network.heads import Head, scale_head

from ..problems import copied
from ..theorem.kinds import KINDS, Bert

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "what-you-have.md"
ROWS = re.findall(r"^\| (.*?) \| `(.*)` \|$", PAGE.read_text(), flags=re.MULTILINE)
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")  # by jvp


class Tagger(nn.Module):
    """A class a token; tied to its embedding if asked."""

    def __init__(self, tied=False):
        super().__init__()
        self.embedding, self.norm = nn.Embedding(5, 8), nn.LayerNorm(8)
        self.head = nn.Linear(8, 5, bias=False)
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, tokens):
        return self.head(self.norm(torch.tanh(self.embedding(tokens))))


class Twins(nn.Module):
    """Two heads of one body."""

    def __init__(self):
        super().__init__()
        self.body, self.one, self.two = nn.Linear(4, 6), nn.Linear(6, 1), nn.Linear(6, 2)

    def forward(self, x):
        x = torch.tanh(self.body(x))
        return torch.cat([self.one(x), self.two(x)], 1)


def louder(model, *entries):
    """From nine times the entries to a twentieth: the theorem applies."""
    head, state = Head("", frozenset(entries)), copied(model)
    return Line(scale_head(state, head, 9.0), scale_head(state, head, 0.05))


def files(model, line):
    """Checkpoints as tools leave them, in the working folder."""
    first, last = line.states
    torch.save({f"module.{name}": value for name, value in first.items()}, "initial.pt")
    held = {f"model.{name}": value.half() for name, value in last.items()}
    torch.save({"state_dict": held, "epoch": 3}, "final.ckpt")
    torch.save({"model": first, "ema": last}, "both.pt")
    save_file({"3.bias": last["3.bias"]}, "adapter.safetensors")
    save_file(last, "part.safetensors")
    index = {"weight_map": dict.fromkeys(last, "part.safetensors")}
    Path("model.safetensors.index.json").write_text(json.dumps(index))


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the lines take as given; they run in the folder with the files."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("files")
    model = mlp((4, 8, 3), seed=1)
    line = louder(model, "3.weight", "3.bias")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files(model, line)
    inputs, labels, tokens = torch.randn(24, 4), torch.arange(24) % 3, torch.randint(5, (24, 6))
    reals = torch.randn(24, 3)
    classes = torch.randint(5, (24, 6))
    classes[::3, 4:] = -100
    ids, mask = torch.randint(9, (24, 6)), torch.ones(24, 6)
    rows = [
        {"input_ids": ids[k], "attention_mask": mask[k], "labels": labels[k]} for k in range(24)
    ]
    normed = nn.Sequential(
        nn.Linear(4, 6), nn.Tanh(), nn.utils.parametrizations.weight_norm(nn.Linear(6, 3))
    )
    physics, (places, waves), *_ = KINDS["jvp"]
    tagger, tied, twins, reader, physics = Tagger(), Tagger(tied=True), Twins(), Bert(), physics()
    return {
        **{name: getattr(construction, name) for name in construction.__all__},
        **{"torch": torch, "folder": folder, "model": model, "line": line, "base": copied(model)},
        **{"inputs": inputs, "labels": labels, "tokens": tokens, "classes": classes},
        **{"padded": classes.clamp_min(0), "soft": reals.softmax(1), "reals": reals},
        **{"counts": torch.rand(24), "gaps": reals.masked_fill(reals > 1, torch.nan)},
        **{"ids": ids, "mask": mask, "loader": DataLoader(rows, 8), "places": places},
        "triples": DataLoader([tuple(row.values()) for row in rows], 8),
        **{"tagger": tagger, "tags": louder(tagger, "head.weight"), "tied": tied, "waves": waves},
        **{"words": louder(tied, "norm.weight", "norm.bias"), "twins": twins, "normed": normed},
        "both": louder(twins, "one.weight", "one.bias", "two.weight", "two.bias"),
        **{"reader": reader, "texts": louder(reader, "classifier.weight", "classifier.bias")},
        "gains": louder(normed, "2.bias", "2.parametrizations.weight.original0"),
        **{"physics": physics, "states": louder(physics, "net.2.weight", "net.2.bias")},
    }


@pytest.mark.parametrize(("have", "write"), ROWS, ids=[have[:40] for have, _ in ROWS])
def test_a_line_of_the_table_runs(have, write, names, monkeypatch):
    monkeypatch.chdir(names["folder"])
    if write.startswith("construct("):
        path = eval(write.removesuffix(")") + ", points=9)", dict(names))
        assert (path.objective[1:] < path.objective[:-1]).all()
        assert path.certify(9, prove=False).holds
    elif write.startswith("load_weights("):
        assert eval(write, dict(names)).keys() == names["base"].keys()
    else:
        own = dict(names)
        for _, line in ROWS:  # what it may build on
            if re.match(r"\w+ = load_weights", line):
                exec(line, own)
        exec(write, own)


def test_the_table_has_all_its_lines():
    assert len(ROWS) == PAGE.read_text().count("\n|") - 2
    assert len(ROWS) > 20
