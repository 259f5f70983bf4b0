"""The film of any record: other base paths, other profiles, extreme objectives."""

import pytest
import torch
from torch import nn

from construction import Line, Polyline, construct
from scenes.path import Path

from .rules import RULES
from .watch import visible, watch


def weights(*values):
    return {"weight": torch.tensor([values])}


INPUTS = torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
TARGETS = 0.3 * INPUTS.sum(1, keepdim=True)
PATHS = {
    "valley alone": (Line(weights(-2.0, -3.0), weights(0.25, 0.3)), "valley"),
    "valley without a crossing": (Line(weights(-2.0, -3.0), weights(1.3, 1.3)), "valley"),
    "objective down to zero": (Line(weights(-0.6, -3.0), weights(0.3, 0.3)), "paper"),
    "objectives below one": (Line(weights(-0.5, 0.0), weights(0.29, 0.3)), "even"),
    "a polyline": (
        Polyline([weights(-2.0, -3.0), weights(1.0, -2.0), weights(0.3, 0.2)]),
        "paper",
    ),
}


@pytest.mark.parametrize("kind", PATHS)
def test_it_is_told_inside_the_frame_and_without_overlaps(kind, tmp_path, monkeypatch):
    path, profile = PATHS[kind]
    result = construct(
        nn.Linear(2, 1, bias=False), path, (INPUTS, TARGETS), points=21, profile=profile
    )
    result.record().save(tmp_path / "record.npz")
    monkeypatch.setenv("CONSTRUCTION_RUN", str(tmp_path / "record.npz"))
    monkeypatch.chdir(tmp_path)
    seen = watch(Path, RULES[:3], frame_rate=1)
    assert seen.faults == {}
    told = {shot.section for shot in seen.shots}
    assert ("travel" in told) == (profile != "valley")
    assert ("valley" in told) == (profile == "valley")
    words = {word.text for shot in seen.shots for word in visible(shot.shown)[0]}
    assert any("straight line" in text for text in words) == isinstance(path, Line)
