"""Both themes can be read, and are chosen when asked for, not at import."""

from dataclasses import asdict

import pytest
from manim import ManimColor

from scenes.style import DARK, LIGHT, palette

from .rules import contrast


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_colour_has_a_contrast_of_at_least_4_5_to_1(theme):
    background = ManimColor(theme.background).to_int_rgb()
    for role, color in asdict(theme).items():
        if role != "background":
            assert contrast(ManimColor(color).to_int_rgb(), background) >= 4.5, role


def test_the_theme_follows_the_environment_at_every_call(monkeypatch):
    monkeypatch.delenv("CONSTRUCTION_THEME", raising=False)
    assert palette() is DARK
    monkeypatch.setenv("CONSTRUCTION_THEME", "light")
    assert palette() is LIGHT
