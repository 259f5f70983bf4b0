"""What surfaces and the paths on them show, in numbers and words; needs no torch.

A *part* of the findings is a network; in it a part a slice, and the part of its paths.
"""

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from ..claims import most_of, of_all
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
PLANES = {
    "random": "random directions",
    "trajectory": "the plane of the trajectory",
    "given": "the given directions",
}
#: What paths are called; constructed ones have the name of their profile.
PATHS = {"trajectory": "training", "line": "straight line"}


# --- numbers -------------------------------------------------------------------------------------


def networks(findings: Findings) -> list[Findings]:
    """The part of each network."""
    return [findings.part(name) for name in findings.parts]


def slices(part: Findings) -> list[str]:
    """Names of the slices of a network."""
    return [name for name in part.parts if name != "paths"]


def paths(part: Findings) -> list[str]:
    """Names of the paths to a network's weights, in order."""
    split = [name.split("/") for name in part.arrays]
    return [first[1] for first in split if first[0] == "paths" and first[-1] == "clock"]


def path_label(name: str) -> str:
    """What a path is called.

    >>> path_label("line"), path_label("valley")
    ('straight line', 'constructed, valley')
    """
    return PATHS.get(name, f"constructed, {name}")


def kept(part: Findings, path: str, plane: str = "trajectory") -> float:
    """The share that a plane keeps of a path."""
    return float(part.part("paths").manifest["kept"][plane][path])


def farthest(part: Findings, path: str) -> float:
    """The largest distance of a path from that plane, as a share of the line's length."""
    away = part[f"paths/{path}/trajectory/distance"].max()
    return float(away / part["paths/line/length"][0])


def path_shares(part: Findings, path: str) -> tuple[Array, Array]:
    """Where a path's nearest points lie on the plane of the trajectory, as shares of its axes."""
    place = part[f"paths/{path}/trajectory/place"]
    across, up = (
        (place[:, k] - axis[0]) / (axis[-1] - axis[0])
        for k, axis in enumerate((part["trajectory/s"], part["trajectory/t"]))
    )
    return across, up


def random_walk_share(directions: int = 2) -> float:
    """What the first principal directions about its end keep of a long random walk.

    In many dimensions the rows are a Brownian motion each coordinate, whose covariance about one
    end has the eigenvalues ``1 / (k - 1/2)^2 / pi^2``, of sum 1/2. (About the mean, as in Antognini
    and Sohl-Dickstein 2018, arXiv 1806.08805, they are ``1 / (k pi)^2``, and two keep 76 %.)

    >>> round(random_walk_share(1), 3), round(random_walk_share(2), 3)
    (0.811, 0.901)
    """
    k = np.arange(1, directions + 1)
    return float((2 / (np.pi * (k - 0.5)) ** 2).sum())


# --- sentences -----------------------------------------------------------------------------------


def minima_words(part: Findings) -> str:
    """How many local minima a slice has."""
    count = part.manifest["relief"]["minima"]
    return "1 local minimum" if count == 1 else f"{count} local minima"


def relief_line(part: Findings) -> str:
    """How rugged a slice is.

    >>> relief_line(Findings({}, {"relief": {"minima": 1, "saddled": 0.25}}))
    '1 local minimum and a negative curvature at 25% of the points'
    """
    saddled = part.manifest["relief"]["saddled"]
    return f"{minima_words(part)} and a negative curvature at {saddled:.0%} of the points"


def comparison(findings: Findings, settings: Landscape) -> str:
    """What was published, what was measured here, and why they differ."""
    directions = [one.directions for one in settings.slices]
    sentences = [PUBLISHED] if "random" in directions else []
    sentences += [PUBLISHED_PATHS] if "trajectory" in directions else []
    sentences.append(f"Measured here: {finding(findings)}")
    if "random" in directions:
        sentences.append(_why(findings, settings))
    if any(getattr(one.architecture, "batch_norm", False) for one in settings.recipes):
        sentences.append(_statistics(settings))
    return " ".join(sentences)


def footer(findings: Findings, part: Findings, name: str) -> str:
    """What one sees of a slice in the film."""
    data = findings.manifest["title"].removeprefix("Surfaces · ").split(" · ")[0]
    seeds = [f"seed {seed}" for seed in findings.manifest.get("seeds", [])[:1]]
    points = len(part[f"{name}/s"])
    grid = f"{points} x {points} points on {part.manifest['samples']} training images"
    return " · ".join([data, *seeds, grid])


def finding(findings: Findings) -> str:
    """The most rugged random slice, and what the plane of the trajectory keeps of each path."""
    if "kind" in findings.manifest:
        return _of_one(findings)
    every = networks(findings)
    random = [part for part in every if "random" in slices(part)]
    sentences = []
    if random:
        rugged = max(random, key=lambda part: _saddled(part.part("random")))
        sentences.append(
            f"In random directions about the trained weights {rugged.manifest['label']} has the "
            f"most points with a negative curvature ({'; '.join(map(_surface, random))})."
        )
    if any("trajectory" in slices(part) for part in every):
        walk = random_walk_share()
        more = sum(kept(part, "line") > walk for part in every)
        sentences.append(
            "Of the straight line's squared distance from the final weights the plane of the "
            "trajectory keeps more than of a random walk's on "
            f"{of_all(more, len(every), 'network', '; '.join(map(_kept, every)))}, so that the "
            f"latter ({_percent(walk)}) is no sign of an easy surface."
        )
    return " ".join(sentences)


def _of_one(findings: Findings) -> str:
    """Of a surface of the user's."""
    (network,) = networks(findings)
    (name,) = slices(network)
    part = network.part(name)
    manifest, heights = part.manifest, part["objective"]
    rugged, smooth = manifest["relief"], 1 / (len(heights) - 2)
    lowest = "the lowest" if manifest["centre"] <= heights.min() else "not the lowest"
    often = "more" if rugged["turning"] > 2 * smooth else "no more"
    sentences = [
        f"On {PLANES[name]} the objective of the weights is {lowest} ({manifest['centre']:.3g}; on "
        f"the grid {heights.min():.3g} to {heights.max():.3g}, with {minima_words(part)} inside).",
        f"Its rows and columns turn between falling and rising {often} often than those of two "
        f"basins (at {rugged['turning']:.0%} of their points; a basin at {smooth:.0%}, independent "
        f"heights at 67%; it curves downwards at {rugged['saddled']:.0%}).",
        f"It lies below L(0) on {most_of(manifest['basin'])} of the grid ({manifest['basin']:.0%} "
        f"below {manifest['zero']:.3g}).",
    ]
    if paths(network):
        shares = ", ".join(f"{x} {_percent(kept(network, x, name))}" for x in paths(network))
        sentences.append(
            f"Of the squared distance of each path from the weights the plane keeps a share "
            f"({shares}; of a random walk the plane of its own two directions keeps "
            f"{_percent(random_walk_share())})."
        )
    return " ".join(sentences)


def of_user(findings: Findings) -> str:
    """The caption of a surface of the user's."""
    (network,) = networks(findings)
    return (
        "The objective on a plane through the weights, which lie at (0, 0); contours at round "
        "levels, lighter is lower. One unit of an axis is one direction's length: of a filter- or "
        "layer-normalised one, the norm of the weights' own filters or layers (Li et al. 2018, "
        f"arXiv 1712.09913). {finding(findings)} Taken on {network.manifest['samples']:,} samples; "
        "nothing finer than the grid is seen."
    )


def rows(findings: Findings) -> list[list[str]]:
    """Headings, and a row a slice."""
    table = [["plane", "at the weights", "lowest", "highest", "minima", "turning", "below L(0)"]]
    for network in networks(findings):
        for name in slices(network):
            part = network.part(name)
            heights, rugged = part["objective"], part.manifest["relief"]
            numbers = (f"{x:.3g}" for x in (part.manifest["centre"], heights.min(), heights.max()))
            shares = (rugged["turning"], part.manifest["basin"])
            table.append(
                [name, *numbers, f"{rugged['minima']}", *(f"{share:.0%}" for share in shares)]
            )
    return table


def _saddled(part: Findings) -> float:
    return float(part.manifest["relief"]["saddled"])


def _surface(network: Findings) -> str:
    """The middle and the ruggedness of a network's random slice."""
    part = network.part("random")
    middle = len(part["s"]) // 2
    height = part["objective"][middle, middle]
    return f"{network.manifest['label']}: objective {height:.3g} there, {relief_line(part)}"


def _kept(network: Findings) -> str:
    """What the plane of the trajectory keeps of each path of a network."""
    shares = ", ".join(f"{name} {_percent(kept(network, name))}" for name in paths(network))
    return f"{network.manifest['label']}: {shares}"


def _why(findings: Findings, settings: Landscape) -> str:
    """How training and grid differ from the paper's."""
    one = next(one for one in settings.slices if one.directions == "random")
    samples = networks(findings)[0].manifest["samples"]
    return (
        f"Where they differ, note {_training(settings)}, and that a grid of {one.points} x "
        f"{one.points} points on {samples:,} training images shows nothing finer than "
        f"{2 * one.reach / (one.points - 1):.2g} of the filters' norms."
    )


def _training(settings: Landscape) -> str:
    one = settings.recipes[0]
    images = "all" if one.samples is None else f"{one.samples} a class of the"
    return (
        f"the sizes of these networks, trained for {one.epochs} epochs on {images} training images "
        f"of {one.data}"
    )


def _statistics(settings: Landscape) -> str:
    """What was done with the running statistics of batch normalisation."""
    planes = [f"{one.statistics} in {PLANES[one.directions]}" for one in settings.slices]
    along = {"interpolate": "interpolated", "recompute": "recomputed"}[settings.batch_norm]
    together = " and ".join(planes)
    return f"Running statistics of batch normalisation are {together}; {along} along the ways."


def _percent(share: float) -> str:
    """With as many digits as tell it from all.

    >>> _percent(0.901), _percent(0.9996), _percent(0.00021)
    ('90%', '99.96%', '0.021%')
    """
    if 0.01 <= share < 0.995:
        return f"{share:.0%}"
    return f"{100 * share:.2g}%" if share < 0.01 else f"{share:.2%}"
