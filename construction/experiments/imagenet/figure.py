"""The figure of the plateau serves ImageNet too."""

from ..plateau.figure import draw

__all__ = ["draw"]
