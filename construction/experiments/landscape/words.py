"""What surfaces and the paths on them show, in numbers and words; needs no torch.

A *part* of the findings is a network; in it a part a slice, and the part of its paths.
"""

import numpy as np

from ...record.findings import Findings
from ..claims import of_all

PLANES = {
    "random": "random directions",
    "trajectory": "the plane of the trajectory",
    "given": "the given directions",
}
#: What paths are called; constructed ones have the name of their profile.
PATHS = {"trajectory": "training", "line": "straight line"}
#: What the first two principal directions about its end keep of a long random walk. In many
#: dimensions the rows are a Brownian motion each coordinate, whose covariance about one end has
#: the eigenvalues ``1 / (k - 1/2)^2 / pi^2``, of sum 1/2. (About the mean, as in Antognini and
#: Sohl-Dickstein 2018, arXiv 1806.08805, they are ``1 / (k pi)^2``, and two keep 76 %.)
WALK_KEEPS = 80 / (9 * np.pi**2)

PUBLISHED = (
    "Published (Li et al. 2018, arXiv 1712.09913, figures 1 and 5): ResNet-56, trained on the "
    "50,000 images of CIFAR-10 for 300 epochs, has a smooth surface with shortcuts and a chaotic "
    "one without; at depth 20 both are smooth. The first two principal directions keep 40 to 90% "
    "of a trajectory's variance about its mean (section 7.2)."
)
USERS = (
    "The objective on a plane through the weights, which lie at (0, 0); contours at round levels, "
    "lighter is lower. One unit of an axis is one direction's length: of a filter- or "
    "layer-normalised one, the norm of the weights' own filters or layers (Li et al. 2018, arXiv "
    "1712.09913)."
)


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


def relief_line(part: Findings) -> str:
    """How high and how rugged a slice is.

    >>> rugged = {"relief": {"minima": 1, "saddled": 0.25}}
    >>> relief_line(Findings({"objective": np.array([[2.0, 1.0], [4.0, 3.0]])}, rugged))
    'objective 1 to 4, local minima: 1, a negative curvature at 25% of the points'
    """
    low, high = part["objective"].min(), part["objective"].max()
    relief, basin = part.manifest["relief"], part.manifest.get("basin")
    below = "" if basin is None else f"below L(0) at {basin:.1%}, "
    return (
        f"objective {low:.3g} to {high:.3g}, {below}local minima: {relief['minima']}, a negative "
        f"curvature at {relief['saddled']:.0%} of the points"
    )


def caption(findings: Findings) -> str:
    """What was published or what is drawn, and what was measured here."""
    samples = networks(findings)[0].manifest["samples"]
    if "kind" in findings.manifest:
        return f"{USERS} {finding(findings)} Taken on {samples:,} samples."
    asked = findings.manifest["settings"]["slices"]
    how = ", ".join(f"{one['statistics']} on {PLANES[one['directions']]}" for one in asked)
    points = asked[0]["points"]
    return (
        f"{PUBLISHED} Measured here: {finding(findings)} Where they differ, note the sizes of "
        "these networks, their training, the directions, and that nothing finer "
        f"than the grid is seen, {points} x {points} points on {samples:,} training images. "
        f"Running statistics of batch normalisation, where there is any, are {how}."
    )


def footer(findings: Findings, part: Findings, name: str) -> str:
    """What one sees of a slice in the film."""
    data, points = findings.manifest["title"].split(" · ")[:2][-1], len(part[f"{name}/s"])
    return f"{data} · {points} x {points} points on {part.manifest['samples']:,} training images"


def finding(findings: Findings) -> str:
    """The most rugged random slice, and what the plane of the trajectory keeps of each path."""
    if "kind" in findings.manifest:
        return _of_one(findings)
    every, sentences = networks(findings), []
    random = [part for part in every if "random" in slices(part)]
    if random:
        rugged = max(random, key=lambda one: one["random/objective"].max())
        lines = [f"{one.manifest['label']}: {relief_line(one.part('random'))}" for one in random]
        sentences.append(
            f"In random directions about the trained weights {rugged.manifest['label']} rises "
            f"highest ({'; '.join(lines)})."
        )
    if any("trajectory" in slices(part) for part in every):
        more = sum(kept(part, "line") > WALK_KEEPS for part in every)
        lines = [f"{one.manifest['label']}: {_shares(one, 'trajectory')}" for one in every]
        sentences.append(
            "Of the straight line's squared distance from the final weights the plane of the "
            "trajectory keeps more than of a random walk's on "
            f"{of_all(more, len(every), 'network', '; '.join(lines))}, so that the latter "
            f"({WALK_KEEPS:.0%}) is no sign of an easy surface."
        )
    return " ".join(sentences)


def _of_one(findings: Findings) -> str:
    """Of a surface of the user's."""
    (network,) = networks(findings)
    (name,) = slices(network)
    part = network.part(name)
    of, basin = part.manifest, 1 / (len(part["t"]) - 2)
    found = (
        f"On {PLANES[name]} the objective is {of['centre']:.3g} at the weights; L(0) = "
        f"{of['zero']:.3g}, and rows and columns turn between falling and rising at "
        f"{of['relief']['turning']:.0%} of their points (a basin at {basin:.0%}, independent "
        f"heights at 67%): {relief_line(part)}."
    )
    if paths(network):
        found += (
            f" Of each path's squared distance from the weights the plane keeps a share "
            f"({_shares(network, name)}; of a long random walk that of its own keeps "
            f"{WALK_KEEPS:.0%})."
        )
    return found


def rows(findings: Findings) -> list[list[str]]:
    """Headings, and a row a slice."""
    table = [["plane", "at the weights", "lowest", "highest", "minima", "turning", "below L(0)"]]
    for network in networks(findings):
        for name in slices(network):
            heights, of = network.part(name)["objective"], network.part(name).manifest
            numbers = (f"{x:.3g}" for x in (of["centre"], heights.min(), heights.max()))
            shares = (f"{share:.0%}" for share in (of["relief"]["turning"], of["basin"]))
            table.append([name, *numbers, f"{of['relief']['minima']}", *shares])
    return table


def _shares(network: Findings, plane: str) -> str:
    """What a plane keeps of each path of a network."""
    shares = ((path, kept(network, path, plane)) for path in paths(network))
    return ", ".join(f"{path} {x:.2%}" if x >= 1e-3 else f"{path} {x:.1e}" for path, x in shares)
