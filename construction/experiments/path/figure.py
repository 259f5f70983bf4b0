"""The figure of constructed paths."""

from ...draw.path import draw

__all__ = ["draw"]
