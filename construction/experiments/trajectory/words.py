"""What was published, what was measured here, and why they differ: of a study of alpha and beta."""

from __future__ import annotations

import math

from ...record.findings import Findings
from ...training.recipe import Recipe
from .numbers import PUBLISHED, WALK, numbers, trained
from .settings import SGD, Trajectory

#: Read off the published picture, to about 5 units: where the residual comes back to 0, its
#: largest value before that, and its last one.
READ_OFF = {"end": 958, "highest": 460, "last": 305}


def label(recipe: Recipe) -> str:
    """What the trajectory of a recipe is called.

    >>> label(Recipe(optimiser="sgd", momentum=0.9)), label(Recipe())
    ('momentum', 'Adam')
    """
    name = "momentum" if recipe.momentum else {"sgd": "SGD", "adam": "Adam"}[recipe.optimiser]
    return (
        name if recipe.batch_size == SGD.batch_size else f"{name}, batches of {recipe.batch_size}"
    )


def told(findings: Findings, name: str) -> str:
    """One line of a part."""
    found = numbers(findings, name)
    return (
        f"{name}: beta up to {found.height:.3f} of the line's length {found.trajectory.chord:.3g}, "
        f"path {found.tortuosity:.2f} times the line, reach {found.reach:.2f}, "
        f"angle {found.angle:.0f} degrees"
    )


def finding(findings: Findings) -> str:
    """How far training is from a random walk, in a few sentences."""
    walk = numbers(findings, WALK)
    first, *others = (numbers(findings, name) for name in trained(findings))
    part = findings.part(WALK).manifest
    others_told = "; ".join(
        f"{one.label}: {one.height:.2f} ({one.share:.0%} of the walk's arch), "
        f"{one.tortuosity:.1f} and {one.reach:.1f} times"
        for one in others
    )
    return (
        f"{first.label} strays from the straight line by at most {first.height:.2f} of its length, "
        f"a random walk of as many steps ({part['steps']}) and dimensions "
        f"({part['dimensions']:,}) by {walk.height:.2f}: its arch has {first.share:.0%} of the "
        f"walk's height. Its path is {first.tortuosity:.1f} times the line, the walk's "
        f"{walk.tortuosity:.1f} times. It ends {first.reach:.1f} times as far as its own steps in "
        f"independent directions would, the walk {walk.reach:.2f} times."
        + (f" {others_told}." if others_told else "")
    )


def caption(findings: Findings, settings: Trajectory) -> str:
    """The comparison with the published figure, with the numbers of the findings."""
    published, walk = settings.published, numbers(findings, PUBLISHED)
    first = numbers(findings, trained(findings)[0])
    after = walk.trajectory.beta[-1]
    expected = math.sqrt(published.solution * published.dimensions)
    beyond = math.sqrt((published.steps - published.solution) * published.dimensions)
    alike = numbers(findings, WALK)
    angled = [numbers(findings, name) for name in (*trained(findings), WALK)]
    angles = "; ".join(f"{one.label} {one.angle:.0f}" for one in angled)
    return (
        "Published (Goodfellow et al. 2014, arXiv 1412.6544): the residual against the distance "
        f"along the line, an arch up to {READ_OFF['highest']} that comes back at "
        f"{READ_OFF['end']} and then rises to {READ_OFF['last']} (read off the picture). It is "
        f"often shown for SGD; its own title says: a random walk in {published.dimensions} "
        f"dimensions. Measured here: such a walk of {published.steps} steps, its line drawn to "
        f"step {published.solution}, rises to {walk.height * walk.trajectory.chord:.0f}, comes "
        f"back at {walk.trajectory.chord:.0f} and ends at {after:.0f}; expected are "
        f"{expected / 2:.0f}, {expected:.0f} and {beyond:.0f}. "
        f"{finding(findings)} They differ as the steps of a walk are at right angles to each other "
        "(Thales' semicircle, whatever their lengths and number), while those of training share "
        f"directions. Median angles between what was gone and what was to come, in degrees: "
        f"{angles}. Through every {settings.strides[-1]}th position the path of {first.label} is "
        f"{first.tortuosity * first.shortened[-1]:.2f} times the line, the walk's "
        f"{alike.tortuosity * alike.shortened[-1]:.2f} times."
    )
