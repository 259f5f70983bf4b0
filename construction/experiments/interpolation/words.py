"""The lines of weights in a result: their curves, numbers, and every sentence. Needs no torch.

A *part* is one treatment of batch normalisation, or one kind of network and of start; each of its
lines is one seed's.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from ..claims import most_of, of_all
from ..shape import largest_rise

#: Where a kind of line begins and ends, in the film; what it is called beside a network; and how
#: its finding begins.
STARTS = {
    "given": ("the initial weights", "the final ones", "", "From the initial weights"),
    "initial": ("the initial weights", "the trained ones", "", "From the initial weights"),
    "random": (
        "random weights",
        "trained ones",
        "from random weights",
        "From unrelated random weights",
    ),
    "solution": ("trained weights", "others", "from another solution", "Between two solutions"),
}
#: Short names of networks whose kind is none.
NETWORKS = {"relu": "ReLU", "linear": "deep linear", "lenet": "LeNet-5", "lstm": "LSTM"}
#: Share of L(0) above which a rise is told; chosen here, as smaller ones come and go with rounding.
NOTABLE = 0.01
#: What the table of lines tells of each: headings, and the numbers below them.
COLUMNS = {
    "L(W(0))": "initial",
    "L(W(1))": "final",
    "rise": "rise",
    "barrier": "barrier",
    "of m": "least_barrier",
    "plateau": "plateau",
}
#: And of how many lines.
COUNTED = ("monotone", "theorem", "path")
#: What was published of a network of ReLUs, where there is one to compare with it.
PUBLISHED = (
    "Published (Goodfellow et al. 2014, arXiv 1412.6544, figure 1; read off, to about 0.02): a "
    "network of ReLUs on MNIST falls from 2.3 to about 0.01, its validation objective is least "
    "near alpha = 0.7 and climbs to 0.64 at 1.9. Here data, sizes, training and, "
    "where it is not cross-entropy, the loss are others; the published axis is linear, which hides "
    "the last two decades. "
)
#: The objective counts as near L(0) within this share of it; chosen here.
NEAR = 0.1
#: What is magnified about L(0) is so many times the excursions of the objective above L(0), and at
#: least this share of L(0).
MAGNIFIED, LEAST = 2.5, 0.002
#: What each treatment of batch normalisation is called.
TREATMENTS = {
    "interpolate": "statistics interpolated",
    "recompute": "statistics recomputed",
    "batch": "statistics of each batch",
    "none": "the line",
}


def lines(findings: Findings) -> dict[str, Findings]:
    """The parts in the order in which they were measured, as `interpolate` gives them."""
    return {name: findings.part(name) for name in findings.manifest["lines"]}


def numbers(part: Findings) -> dict[str, Array]:
    """What was measured of each line of a part up to alpha = 1, (lines,) each; 1 for yes.

    Of `construction.experiments.shape` the training objective's `rise`, `barrier`, `plateau`,
    `monotone` and `convex`, and m's `least_rise` and `least_barrier`; `initial` and `final`,
    L(W(0)) and L(W(1)); whether condition 2 holds, L(W(0)) > L(0), in `covered`, the `theorem`
    applies, and the sheet holds a `path`; whether one of these three is `open`, not decided.
    """
    alpha, objective, runs = part["alpha"], part["train_objective"], part.manifest["runs"]
    train, least = ([run[curve] for run in runs] for curve in ("train", "minimum"))
    condition_2 = [run["conditions"]["condition 2"] for run in runs]
    columns = {
        "initial": objective[:, 0],
        "final": objective[:, int(np.flatnonzero(alpha == 1)[0])],
        **{name: [one[name]["value"] for one in train] for name in ("rise", "barrier")},
        **{name: [one[name] for one in train] for name in ("plateau", "monotone", "convex")},
        **{f"least_{name}": [one[name]["value"] for one in least] for name in ("rise", "barrier")},
        "covered": [not one["verdict"].startswith("not") for one in condition_2],
        "theorem": [run["theorem_applies"] for run in runs],
        "path": [run["sheet_has_path"] for run in runs],
        "open": [run.get("open", False) for run in runs],
    }
    return {name: np.array(values, float) for name, values in columns.items()}


def objectives(part: Findings, name: str, farthest: float = np.inf) -> tuple[Array, Array]:
    """Alpha and objective of the first line: "train", "test", "minimum", or a constructed path."""
    if name in part.manifest["paths"]:
        lam, height = part[name].T.astype(float)
        return lam, height
    values = part["minimum" if name == "minimum" else f"{name}_objective"][0]
    count = min(len(values), int((part["alpha"] <= farthest).sum()))
    return part["alpha"][:count].astype(float), values[:count].astype(float)


def sides(part: Findings) -> tuple[str, ...]:
    """Whether the objective is known of training alone, or of test as well."""
    return tuple(x for x in ("train", "test") if f"{x}_objective" in part.arrays)


def profiles(part: Findings) -> tuple[str, ...]:
    """The constructed paths that there are."""
    return tuple(name for name in part.manifest["paths"] if name in part.arrays)


def near_zero(part: Findings) -> float:
    """The last lambda up to which the objective is within a tenth of L(0); -1 if not even at 0."""
    lam, objective = objectives(part, "train", 1)
    near = np.abs(objective - part.manifest["zero"]) <= NEAR * part.manifest["zero"]
    return float([-1.0, *lam][int(np.logical_and.accumulate(near).sum())])


def near_until(part: Findings) -> str:
    """That lambda in words."""
    last = near_zero(part)
    return f"up to lambda = {last:.3g}" if last >= 0 else "not even at lambda = 0"


def near_span(part: Findings) -> tuple[float, float]:
    """Heights about L(0), so wide that what lies just above it is seen."""
    zero = part.manifest["zero"]
    above = max(float(objectives(part, "train", 1)[1][1:].max()) - zero, LEAST * zero)
    reach = MAGNIFIED * min(above, NEAR * zero)
    return zero - reach, zero + reach


def finding(findings: Findings) -> str:
    """What the lines of each kind of start show; of a plateau, each treatment of batch norm."""
    if "treatments" in findings.manifest:
        return _of_treatments(findings)
    by_start: dict[str, list[Findings]] = {}
    for part in lines(findings).values():
        by_start.setdefault(part.manifest["start"], []).append(part)
    return " ".join(_from_start(parts, start) for start, parts in by_start.items())


def _from_start(parts: Sequence[Findings], start: str) -> str:
    """Of the lines of all networks from one kind of start."""
    of = [numbers(part) for part in parts]
    every = {name: np.concatenate([one[name] for one in of]) for name in of[0]}
    count = len(every["rise"])
    every["falls"] = every["monotone"] * (every["final"] < every["initial"])

    def on(name: str, note: str = "") -> str:
        return of_all(int(every[name].sum()), count, "line", note)

    left_open = f"Some of this is left open on {on('open')}: condition"
    known = left_open if every["open"].any() else "Condition"
    largest = f"the largest rise is {every['rise'].max():.2g}"
    barriers = (float(np.median(every[name])) for name in ("barrier", "least_barrier"))
    medians = "barrier over the chord {:.2g}, of m {:.2g}, medians".format(*barriers)
    return (
        f"{STARTS[start][-1]} the training objective falls monotonically, but for rounding, on "
        f"{on('falls', largest)}, and is convex on {on('convex', medians)}. "
        f"{known} 2 holds on {on('covered')}, the whole theorem applies to {on('theorem')}, and "
        f"the sheet holds a decreasing path on {on('path')}."
    )


def _of_treatments(findings: Findings) -> str:
    """Of one line under each treatment of batch normalisation, and of the other seeds' lines."""
    every, sentences = lines(findings), []
    for name, part in every.items():
        share, rise, least = (numbers(part)[x][0] for x in ("plateau", "rise", "least_rise"))
        told = f"the first tenth of the drop takes {most_of(share)} of the way ({share:.0%}"
        told = told if share < 1 else "the objective ends no lower than it begins (no drop"
        sentences.append(
            f"With {TREATMENTS[name]} {told}; within a tenth of L(0) {near_until(part)}; it rises "
            f"by {rise:.2g} at most, m by {least:.2g})."
        )
    first = next(iter(every.values()))
    if "others" in first.arrays:
        lam, others = first["alpha"].astype(float), first["others"].astype(float)
        rises = np.array([numbers(first)["rise"][0], *(largest_rise(lam, x).value for x in others)])
        high = rises > NOTABLE * first.manifest["zero"]
        sentences.append(
            f"The line rises by more than a hundredth of L(0) on {most_of(high.mean())} of the "
            f"seeds ({high.sum()} of {len(high)}; by {rises.max():.2g} at most)."
        )
    built = [part.manifest["paths"]["valley"] for part in every.values() if "valley" in part.arrays]
    sound = sum(not check.startswith("not satisfied") for check in built)
    paths = of_all(sound, len(every), "treatment")
    return " ".join([*sentences, f"A path that only goes down was constructed under {paths}."])


def caption(findings: Findings) -> str:
    """What was published, where there is a figure of such lines, and what was measured."""
    first = next(iter(lines(findings).values()))
    points = (first["alpha"] <= 1).sum()
    if "treatments" in findings.manifest:
        plateaus = {numbers(part)["plateau"][0] > 0.5 for part in lines(findings).values()}
        decides = ", and here it decides whether there is a plateau" if len(plateaus) > 1 else ""
        return (
            "Published (Frankle 2020, arXiv 2012.06898): test loss of ResNet-50 on ImageNet stays "
            "at about 6.93 (ln 1000 = 6.91), rises to about 7.15 at 0.99, and drops to about 0.93. "
            f"Measured: {findings.manifest['label']}, {first.manifest['samples']:,} training "
            f"images, {points} lambdas. {finding(findings)} Network, data and length of training "
            "are others, so heights and the place of the drop are; how the published curve treats "
            f"running statistics is not known here{decides}."
        )
    return (
        f"{PUBLISHED if 'relu-initial' in findings.parts else ''}{finding(findings)} Shapes are of "
        f"the polyline through {points} points, conditions are checked there, and the constructed "
        "paths are solved there, for the first line of each; none is certified here."
    )


def rows(findings: Findings) -> list[list[str]]:
    """Headings, and a row a part: over several lines the median, and 10 and 90 % quantiles."""
    every = lines(findings).values()
    table = [["line", *COLUMNS, "L(0)", *COUNTED]]
    for part in every:
        of = numbers(part)
        cells = [spread(of[name]) for name in COLUMNS.values()]
        counts = [f"{int(of[name].sum())} of {len(of[name])}" for name in COUNTED]
        table.append([part.manifest["label"], *cells, f"{part.manifest['zero']:.3g}", *counts])
    return table


def spread(values: Iterable[float]) -> str:
    """The median, and in brackets the 10 and 90 % quantiles of several values.

    >>> spread([0.25]), spread([0.0, 1.0, 2.0])
    ('0.25', '1 [0.2, 1.8]')
    """
    every: Array = np.array(list(values))
    low, middle, high = np.quantile(every, [0.1, 0.5, 0.9])
    return f"{middle:.3g}" + (f" [{low:.3g}, {high:.3g}]" if len(every) > 1 else "")


def short_name(part: Findings) -> str:
    """Network and start, where there is little space."""
    kind, start = part.manifest["kind"], part.manifest["start"]
    if kind == "given":
        return str(part.manifest["label"])
    name = NETWORKS.get(kind, kind)
    return name if start == "initial" else f"{name}, {start}"


def table(findings: Findings) -> list[list[str]]:
    """A row a part: name, and of `rows` the medians under the headings of the film."""
    heads, *body = rows(findings)
    wanted = [heads.index(head) for head in ("rise", "plateau", *COUNTED)]
    names = map(short_name, lines(findings).values())
    return [
        [name, *(row[k].partition(" [")[0] for k in wanted)]
        for name, row in zip(names, body, strict=True)
    ]


def treatments_table(findings: Findings) -> list[list[str]]:
    """Headings, and a row a treatment: name, reach near L(0), largest rise of L and of m, path."""
    table = [["", "near $L(0)$", "largest rise", "of $m$", "decreasing path"]]
    for part in lines(findings).values():
        of = numbers(part)
        rises = (f"{of[name][0]:.2g}" if of[name][0] else "none" for name in ("rise", "least_rise"))
        name = part.manifest["label"].removeprefix("statistics ").removeprefix("batch norm: ")
        path = part.manifest["paths"]["valley"] if "valley" in part.arrays else "none"
        path = path.partition(" at ")[0] if path.startswith("not satisfied") else path
        table.append([name, near_until(part).replace("lambda", "$lambda$"), *rises, path])
    return table


def footer(findings: Findings, *, seeds: bool = True) -> str:
    """Data and networks, the first seed where a named run tells one and it is asked for, points."""
    part = next(iter(lines(findings).values()))
    known = findings.manifest.get("seeds", []) if seeds else []
    points = f"{(part['alpha'] <= 1).sum()} points"
    return " · ".join([findings.manifest["title"], *(f"seed {seed}" for seed in known[:1]), points])
