"""Scenes that draw records; they import manim, never torch."""

from importlib.util import find_spec

from construction.errors import InputError

if find_spec("manim") is None:
    raise InputError(
        "manim, which draws the films",
        "that it is missing",
        "pip install 'construction[film]'.",
    )
