"""The section that the benchmark of rendering writes without care shows what the film shows."""

import numpy as np
import pytest
from manim import tempconfig

from benchmarks import redrawn
from benchmarks.redrawn import Redrawn
from benchmarks.travel import Travel

from ..scene_watch import FAST, box


def frames(section, record, patch):
    """Frame by frame: lambda, and points and box of all that follows it."""
    seen = []

    class Watched(section):
        def follow_lambda(self):
            super().follow_lambda()
            self.following = True

        def update_to_time(self, t):
            super().update_to_time(t)
            if hasattr(self, "following"):
                moving = {name: noted(part) for name, part in self.moving().items()}
                seen.append((self.lam.get_value(), moving))

    patch.setenv("CONSTRUCTION_RUN", str(record))
    with tempconfig(FAST | {"frame_rate": 1}):
        Watched().render()
    return seen


def noted(part):
    points = np.vstack([one.points for one in part.family_members_with_points()])
    return points, box(part), getattr(part, "text", None)


def numbers_made(patch):
    """Every number that is set from here on, as text."""
    made, decimal = [], redrawn.decimal

    def recorded(value, decimals, *style):
        made.append(f"{value:.{decimals}f}")
        return decimal(value, decimals, *style)

    patch.setattr(redrawn, "decimal", recorded)
    return made


def test_both_sections_show_the_same_at_the_same_lambdas(film_record, monkeypatch):
    ours = frames(Travel, film_record, monkeypatch)
    made = numbers_made(monkeypatch)
    theirs = frames(Redrawn, film_record, monkeypatch)
    assert [lam for lam, _ in ours] == pytest.approx([lam for lam, _ in theirs])
    assert len({lam for lam, _ in ours}) >= 7
    for (_, shown), (_, remade) in zip(ours, theirs, strict=True):
        for name, (points, corners, _) in remade.items():
            if shown[name][2] is None:
                assert points == pytest.approx(shown[name][0], abs=1e-9), name
            else:  # their digits stand a little further apart
                assert shown[name][2] in made
                assert np.allclose(corners, shown[name][1], atol=0.1)
    assert {"constructed", "tip"} < theirs[-1][1].keys() == ours[-1][1].keys()
