"""The numbers that tell a trajectory from a random walk, and what is said of them; needs no torch.

What was published, what was measured here, and why they differ.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from ...training.recipe import Recipe
from ..claims import of_all
from .alpha_beta import AlphaBeta
from .settings import SGD, Trajectory

#: Parts that are random walks: one of the networks' length and dimensions, and the published one.
WALK, PUBLISHED = "walk", "published"

#: Read off the published picture, to about 5 units: where the residual comes back to 0, its
#: largest value before that, and its last one.
READ_OFF = {"end": 958, "highest": 460, "last": 305}


@dataclass(frozen=True)
class Straying:
    """What a part of the findings comes to; a random walk in many dimensions in brackets.

    Attributes:
        label: of the part.
        positions: alpha and beta.
        height: largest beta / chord (1/2).
        tortuosity: length of the path to the line's end / chord (sqrt(steps), if these are equally
            long).
        reach: chord / root of the summed squares of the steps (1): how much further it came than
            the same steps in independent directions do.
        angle: median degrees between what was gone and what was to come (90).
        shortened: length of the path through every k-th position / through all (1 / sqrt(k)).
    """

    label: str
    positions: AlphaBeta
    height: float
    tortuosity: float
    reach: float
    angle: float
    shortened: Array

    @property
    def share(self) -> float:
        """The height over that of the random walk's arch, 1/2."""
        return self.height / 0.5


def straying_of(findings: Findings, name: str) -> Straying:
    """The numbers of a part, up to the line's end.

    Raises:
        InputError: no such part.
    """
    part = findings.part(name)
    positions = AlphaBeta(part["alpha"], part["beta"], float(part.manifest["chord"]))
    steps = part["step"][: part.manifest["solution"]]
    return Straying(
        part.manifest["label"],
        positions,
        positions.height,
        float(steps.sum()) / positions.chord,
        positions.chord / float(np.linalg.norm(steps)),
        float(np.median(positions.angle)),
        part["length"] / part["length"][0],
    )


def trained(findings: Findings) -> dict[str, Straying]:
    """The networks, in the order of the settings."""
    return {name: straying_of(findings, name) for name in findings.manifest["trained"]}


def compared(findings: Findings) -> dict[str, Straying]:
    """The networks, and the walk of as many steps and dimensions."""
    return {**trained(findings), WALK: straying_of(findings, WALK)}


# --- sentences -----------------------------------------------------------------------------------


def label(recipe: Recipe) -> str:
    """What the trajectory of a recipe is called.

    >>> label(Recipe(optimiser="sgd", momentum=0.9)), label(Recipe())
    ('momentum', 'Adam')
    """
    name = "momentum" if recipe.momentum else {"sgd": "SGD", "adam": "Adam"}[recipe.optimiser]
    same = recipe.batch_size == SGD.batch_size
    return name if same else f"{name}, batches of {recipe.batch_size}"


def part_line(findings: Findings, name: str) -> str:
    """One line of a part."""
    part = straying_of(findings, name)
    return (
        f"{name}: beta up to {part.height:.3f} of the line's length {part.positions.chord:.3g}, "
        f"path {part.tortuosity:.2f} times the line, reach {part.reach:.2f}, "
        f"angle {part.angle:.0f} degrees"
    )


def finding(findings: Findings) -> str:
    """How far training is from a random walk, in a few sentences."""
    walk, size = straying_of(findings, WALK), findings.part(WALK).manifest
    first, *others = trained(findings).values()
    every = [first, *others]
    numbers = "; ".join(
        f"{one.label}: up to {one.height:.2f} of the line's length, {one.share:.0%} of the walk's "
        f"arch, path {one.tortuosity:.1f} times the line, reach {one.reach:.1f}"
        for one in every
    )
    lower = sum(one.height < walk.height for one in every)
    own = findings.part(next(iter(trained(findings)))).manifest["dimensions"]
    dimensions = f"and dimensions ({size['dimensions']:,})"
    if size["dimensions"] != own:
        dimensions = f"in {size['dimensions']:,} dimensions"
    straighter = "straighter" if first.tortuosity < walk.tortuosity else "no straighter"
    farther = "farther" if first.reach > 1 else "no farther"
    return (
        f"In {of_all(lower, len(every), 'training', numbers)} beta stays lower than in a random "
        f"walk of as many steps ({size['steps']}) {dimensions}. The "
        f"path of {first.label} is {straighter} than the walk's ({first.tortuosity:.1f} and "
        f"{walk.tortuosity:.1f} times the line), and ends {farther} away than its own steps in "
        f"independent directions would ({first.reach:.1f} times as far)."
    )


def of_user(findings: Findings) -> str:
    """The caption of a training of the user's."""
    sketched = [
        f" Of {name} a sketch was kept: alpha is known to {part['error']:.1%} of beta, beta to "
        f"{part['error'] / math.sqrt(2):.1%} of itself, one standard deviation."
        for name, part in findings.manifest["parts"].items()
        if "error" in part
    ]
    return (
        "Distance from the straight line between the first and the last weights, and along it "
        f"(Goodfellow et al. 2014, arXiv 1412.6544). {finding(findings)}{''.join(sketched)}"
    )


def rows(findings: Findings) -> list[list[str]]:
    """Headings, and a row each of the trainings and the walk."""
    table = [["training", "largest beta / line", "path / line", "reach", "angle", "steps"]]
    for name, one in compared(findings).items():
        numbers = (f"{x:.2f}" for x in (one.height, one.tortuosity, one.reach))
        steps = findings.part(name).manifest["steps"]
        table.append([one.label, *numbers, f"{one.angle:.0f}", f"{steps}"])
    return table


def comparison(findings: Findings, settings: Trajectory) -> str:
    """What was published, what was measured here, and why they differ."""
    size, published = settings.published, straying_of(findings, PUBLISHED)
    everyone = compared(findings)
    first, alike = next(iter(everyone.values())), everyone[WALK]
    expected = math.sqrt(size.solution * size.dimensions)
    beyond = math.sqrt((size.steps - size.solution) * size.dimensions)
    angles = "; ".join(f"{one.label} {one.angle:.0f}" for one in everyone.values())
    return (
        "Published (Goodfellow et al. 2014, arXiv 1412.6544): the residual against the distance "
        f"along the line, an arch up to {READ_OFF['highest']} that comes back at "
        f"{READ_OFF['end']} and then rises to {READ_OFF['last']} (read off the picture). It is "
        f"often shown for SGD; its own title says: a random walk in {size.dimensions} "
        f"dimensions. Measured here: such a walk of {size.steps} steps, its line drawn to "
        f"step {size.solution}, rises to {published.height * published.positions.chord:.0f}, "
        f"comes back at {published.positions.chord:.0f} and ends at "
        f"{published.positions.beta[-1]:.0f}; expected are "
        f"{expected / 2:.0f}, {expected:.0f} and {beyond:.0f}. "
        f"{finding(findings)} They differ as the steps of a walk are at right angles to each other "
        "(Thales' semicircle, whatever their lengths and number), while those of training share "
        f"directions. Median angles between what was gone and what was to come, in degrees: "
        f"{angles}. Through every {settings.strides[-1]}th position the path of {first.label} is "
        f"{first.tortuosity * first.shortened[-1]:.2f} times the line, the walk's "
        f"{alike.tortuosity * alike.shortened[-1]:.2f} times."
    )


def footer(findings: Findings, name: str) -> str:
    """What one sees in the film: data and network, or the walk."""
    part = findings.part(name).manifest
    if name in (WALK, PUBLISHED):
        end = part["solution"]
        ends = f" · its line ends at step {end}" if end < part["steps"] else ""
        return f"random walk · {part['steps']:,} steps in {part['dimensions']:,} dimensions{ends}"
    seeds = findings.manifest.get("seeds", [])
    return f"{findings.manifest['title']}{f' · seed {seeds[0]}' if seeds else ''}"
