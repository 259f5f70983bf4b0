"""Colours by role, of the film and of the figures for print.

Okabe and Ito's, which colour-blind eyes tell apart; darkened on white until text has a contrast of
4.5 to 1, and the pink in both themes until it is told from the green and the grey without colour.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """One theme, colours as hexadecimal strings.

    Attributes:
        background, ink, dim: of the page, of words, and of small print.
        empirical, constructed, valley, level, zero: of what stands on a sheet.
        truth: of the true class of an input.
        negative: of weights below zero; those above have the ink's.
    """

    background: str
    ink: str
    dim: str
    empirical: str
    constructed: str
    valley: str
    level: str
    zero: str
    truth: str
    negative: str


#: Of each role, dark and light.
COLOURS = {
    "background": ("#0F1420", "#FFFFFF"),
    "ink": ("#E8ECF4", "#171B26"),
    "dim": ("#939EB3", "#5B6476"),
    "empirical": ("#56B4E9", "#0070C8"),
    "constructed": ("#E69F00", "#9A5200"),
    "valley": ("#00B585", "#007A52"),
    "level": ("#00B585", "#007A52"),
    "zero": ("#B86795", "#81215D"),
    "truth": ("#F0E442", "#766A00"),
    "negative": ("#9B8CF0", "#6247C9"),
}
DARK, LIGHT = (Palette(**{role: both[k] for role, both in COLOURS.items()}) for k in (0, 1))
