"""Scenes that draw records; they import manim, never torch."""
