"""Both themes can be read, and are chosen when asked for, not at import."""

from dataclasses import asdict
from itertools import combinations

import numpy as np
import pytest
from manim import ManimColor

from scenes.style import DARK, LIGHT, palette

from .rules import contrast

#: From linear sRGB to OKLab (Ottosson 2020), a cube root between.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
#: What eyes without red or green cones see, linear sRGB (Machado, Oliveira, Fernandes 2009).
EYES = {
    "usual": np.eye(3),
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_colour_has_a_contrast_of_at_least_4_5_to_1(theme):
    background = ManimColor(theme.background).to_int_rgb()
    for role, color in asdict(theme).items():
        if role != "background":
            assert contrast(ManimColor(color).to_int_rgb(), background) >= 4.5, role


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_curves_of_two_roles_are_told_apart_by_all_eyes(theme, eyes):
    def seen(role):
        share = np.array(ManimColor(getattr(theme, role)).to_rgb())
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return LAB @ np.cbrt(CONES @ np.clip(np.array(EYES[eyes]) @ linear, 0, 1))

    least = {("empirical", "valley"): 0.13}  # the two that run side by side in most plots
    pairs = combinations(("empirical", "valley", "constructed", "ink", "zero"), 2)
    for pair in [*pairs, ("zero", "dim")]:  # L(0) and m, both in one plot
        one, other = map(seen, pair)
        assert np.linalg.norm(one - other) > least.get(pair, 0.07), pair


def test_the_theme_follows_the_environment_at_every_call(monkeypatch):
    monkeypatch.delenv("CONSTRUCTION_THEME", raising=False)
    assert palette() is DARK
    monkeypatch.setenv("CONSTRUCTION_THEME", "light")
    assert palette() is LIGHT
