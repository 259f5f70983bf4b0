"""What was published, what was measured here, and why they differ: of findings of a landscape."""

from __future__ import annotations

from ...record.findings import Findings
from .directions import random_walk_share
from .relief import Relief
from .settings import Landscape

PUBLISHED = (
    "Published (Li et al. 2018, arXiv 1712.09913, figures 1 and 5): ResNet-56, trained on the "
    "50,000 images of CIFAR-10 for 300 epochs, has a smooth surface with shortcuts and a chaotic "
    "one without; at depth 20 both are smooth."
)
PUBLISHED_PATHS = (
    "Published (section 7.2): the first two principal directions keep 40 to 90% of a trajectory's "
    "variance about its mean."
)
PLANES = {"random": "random directions", "trajectory": "the plane of the trajectory"}


def caption(whole: Findings, settings: Landscape) -> str:
    """A few sentences with the numbers of the findings.

    Args:
        whole: a part a network, as `construction.experiments.landscape.measure` joins them.
        settings: of the run.
    """
    directions = [one.directions for one in settings.slices]
    told: list[str] = []
    if "random" in directions:
        told += [PUBLISHED, _surfaces(whole), _why(whole, settings)]
    if "trajectory" in directions:
        told += [PUBLISHED_PATHS, _paths(whole)]
    if any(getattr(one.architecture, "batch_norm", False) for one in settings.recipes):
        told.append(_statistics(settings))
    return " ".join(told)


def _statistics(settings: Landscape) -> str:
    """What was done with the running statistics of batch normalisation."""
    kept = " and ".join(f"{one.statistics} in {PLANES[one.directions]}" for one in settings.slices)
    along = {"interpolate": "interpolated", "recompute": "recomputed"}[settings.batch_norm]
    ways = "" if settings.given else f"; {along} along the ways"
    return f"Running statistics of batch normalisation are {kept}{ways}."


def _surfaces(whole: Findings) -> str:
    """The middle and the ruggedness of each network's random slice."""
    each = []
    for name in whole.parts:
        part = whole.part(name).part("random")
        height, middle = part["objective"], len(part["s"]) // 2
        label, found = whole.part(name).manifest["label"], Relief(**part.manifest["relief"])
        each.append(f"{label} (objective {height[middle, middle]:.3g} there), {found.told}")
    return f"Measured here, in random directions about the trained weights: {'; '.join(each)}."


def _why(whole: Findings, settings: Landscape) -> str:
    """How training and grid differ from the paper's."""
    one = next(one for one in settings.slices if one.directions == "random")
    samples = whole.part(whole.parts[0]).manifest["samples"]
    trained = "that the weights are the user's" if settings.given else _training(settings)
    return (
        f"Where they differ, note {trained}, and that a grid of {one.points} x {one.points} points "
        f"on {samples:,} training images shows nothing finer than "
        f"{2 * one.reach / (one.points - 1):.2g} of the filters' norms."
    )


def _training(settings: Landscape) -> str:
    one = settings.recipes[0]
    images = "all" if one.samples is None else f"{one.samples} a class of the"
    return (
        f"the sizes of these networks, trained for {one.epochs} epochs on {images} training images "
        f"of {one.data}"
    )


def _paths(whole: Findings) -> str:
    """What the plane of the trajectory keeps of each way."""
    each = []
    for name in whole.parts:
        part = whole.part(name)
        paths = part.part("paths")
        kept = paths.manifest["kept"]["trajectory"]
        names = [name.removesuffix("/clock") for name in paths.arrays if name.endswith("/clock")]
        ways = ", ".join(f"{way} {_percent(kept[way])}" for way in names)
        each.append(f"{part.manifest['label']}: {ways}")
    return (
        "Measured here, of the squared distance from the final weights, through which the plane "
        f"passes: {'; '.join(each)}. A random walk's would keep "
        f"{_percent(random_walk_share())}: so much is no sign of an easy surface."
    )


def _percent(share: float) -> str:
    """With as many digits as tell it from all.

    >>> _percent(0.901), _percent(0.9996), _percent(0.00021)
    ('90%', '99.96%', '0.021%')
    """
    if 0.01 <= share < 0.995:
        return f"{share:.0%}"
    return f"{100 * share:.2g}%" if share < 0.01 else f"{share:.2%}"
