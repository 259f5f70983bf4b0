"""From a plateau to what a scene shows: pure functions, no manim."""

from __future__ import annotations

from collections.abc import Sequence

from construction.arrays import Array
from construction.experiments.plateau.numbers import near_span, near_zero, whole_span
from construction.experiments.plateau.words import NAMES
from construction.record.findings import Findings

#: What is drawn of a treatment.
CURVES = ("objective", "minimum")


def first(findings: Findings) -> Findings:
    """The treatment that is told in full."""
    return findings.part(findings.manifest["treatments"][0])


def others(findings: Findings) -> list[Findings]:
    """The treatments that are set beside it."""
    return [findings.part(name) for name in findings.manifest["treatments"][1:]]


def curve(part: Findings, name: str) -> tuple[Array, Array]:
    """Lambda, and one of `CURVES` over it."""
    return part["lam"].astype(float), part[name].astype(float)


def path(part: Findings) -> tuple[Array, Array] | None:
    """Corners of the constructed path, lambda and objective; None where there is none."""
    if "path_lam" not in part.arrays:
        return None
    return part["path_lam"].astype(float), part["path_objective"].astype(float)


def up_to(lam: Array, height: Array, low: float) -> tuple[Array, Array]:
    """A curve as far as it stays above a height, with the first corner below it."""
    below = height < low
    stop = int(below.argmax()) + 1 if below.any() else len(lam)
    return lam[:stop], height[:stop]


def whole_ticks(part: Findings) -> list[tuple[float, str]]:
    """Every 0.5 or 1 of the objective, from 0 to above the highest."""
    high = whole_span(part)[1]
    step = 0.5 if high < 4 else 1.0
    return [(k * step, f"{k * step:g}") for k in range(int(high / step) + 1)]


def near_ticks(part: Findings) -> list[tuple[float, str]]:
    """L(0) itself, and the two ends, with as many decimals as they need."""
    low, high = near_span(part)
    zero, reach = part.manifest["zero"], (high - low) / 2
    return [(zero + k * reach / 2, f"{zero + k * reach / 2:.4g}") for k in (-1, 0, 1)]


def table(findings: Findings) -> list[Sequence[str]]:
    """A row a treatment: its name, how far it stays near L(0), largest rise of L and of m, path."""
    rows: list[Sequence[str]] = [
        ("", "near $L(0)$ up to", "largest rise", "of $m$", "decreasing path")
    ]
    for name in findings.manifest["treatments"]:
        part = findings.part(name)
        rise, least = (part.manifest[key]["rise"]["value"] for key in ("shape", "minimum_shape"))
        rows.append(
            (
                NAMES[name].removeprefix("statistics "),
                f"$lambda = {near_zero(part):.2f}$",
                f"{rise:.2g}" if rise else "none",
                f"{least:.2g}" if least else "none",
                _standing(part),
            )
        )
    return rows


def contrast(findings: Findings) -> str:
    """How far each treatment keeps the objective near L(0), in a sentence."""
    parts = [first(findings), *others(findings)]
    told = [f"{NAMES[p.manifest['treatment']]} up to {near_zero(p):.2f}" for p in parts]
    return f"Within a tenth of L(0): {', '.join(told)}."


def footer(findings: Findings) -> str:
    """Data and network, seed, points, and on how many images."""
    told, part = findings.manifest, first(findings)
    seed = told["seeds"][0] if "seeds" in told else told["settings"]["seed"]
    return (
        f"{told['title']} · seed {seed} · {part.manifest['samples']} images, "
        f"{len(part['lam'])} points"
    )


def _standing(part: Findings) -> str:
    """In one or two words: checked, not checked, failed, or none."""
    told = str(part.manifest["path"])
    if "path_lam" not in part.arrays:
        return "none"
    return "check failed" if told.startswith("not satisfied") else told
