"""Both themes can be read, and are chosen when asked for, not at import."""

from dataclasses import asdict

import pytest

from scenes.style import DARK, LIGHT, palette


def luminance(color):
    """Relative luminance of WCAG 2.1 of an sRGB colour."""
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_colour_has_a_contrast_of_at_least_4_5_to_1(theme):
    background = luminance(theme.background)
    for role, color in asdict(theme).items():
        if role != "background":
            low, high = sorted([background, luminance(color)])
            assert (high + 0.05) / (low + 0.05) >= 4.5, role


def test_the_theme_follows_the_environment_at_every_call(monkeypatch):
    monkeypatch.delenv("CONSTRUCTION_THEME", raising=False)
    assert palette() is DARK
    monkeypatch.setenv("CONSTRUCTION_THEME", "light")
    assert palette() is LIGHT
