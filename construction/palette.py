"""Colours by role, of the film and of the figures for print.

Okabe and Ito's, which colour-blind eyes tell apart; darkened on white until text has a contrast of
4.5 to 1.
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


DARK = Palette(
    background="#0F1420",
    ink="#E8ECF4",
    dim="#939EB3",
    empirical="#56B4E9",
    constructed="#E69F00",
    valley="#00B585",
    level="#00B585",
    zero="#CC79A7",
    truth="#F0E442",
    negative="#9B8CF0",
)
LIGHT = Palette(
    background="#FFFFFF",
    ink="#171B26",
    dim="#5B6476",
    empirical="#0067A3",
    constructed="#9A5200",
    valley="#00704F",
    level="#00704F",
    zero="#A2407A",
    truth="#766A00",
    negative="#6247C9",
)
