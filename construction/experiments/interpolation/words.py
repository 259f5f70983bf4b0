"""What the lines of weights show: their numbers over the seeds, and every sentence made of them.

Needs no torch. A *part* of the findings is one kind of network and of start; each of its lines is
one seed's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from ..claims import most_of, of_all


class StartNames(NamedTuple):
    """What a kind of start is called: beside a network, in short too; and both ends of its line."""

    name: str
    suffix: str
    first: str
    last: str


STARTS = {
    "given": StartNames("", "", "the initial weights", "the final ones"),
    "initial": StartNames("", "", "the initial weights", "the trained ones"),
    "random": StartNames("from random weights", ", random", "random weights", "trained ones"),
    "solution": StartNames("from another solution", ", two solutions", "trained weights", "others"),
}
#: Short names of networks, by kind.
NETWORKS = {
    "relu": "ReLU",
    "sigmoid": "sigmoid",
    "maxout": "maxout",
    "tanh": "tanh",
    "linear": "deep linear",
    "lenet": "LeNet-5",
    "lstm": "LSTM",
    "resnet": "ResNet",
}
#: What named runs construct: the theorem's path with an even target, and the lowest there is.
PROFILES = ("even", "valley")
#: Read off to about 0.02.
PUBLISHED = (
    "Published (Goodfellow et al. 2014, arXiv 1412.6544, figure 1; read off): a network of ReLUs "
    "on MNIST falls from 2.3 to about 0.01, its validation objective is least near alpha = 0.7 and "
    "climbs to 0.64 at 1.9."
)


@dataclass(frozen=True)
class OverSeeds:
    """The lines of one part, over their seeds; medians where not said otherwise.

    Attributes:
        label: of the part.
        lines: how many there are.
        initial, zero, final: L(W(0)), L(0) and L(W(1)), of training.
        test_error: at alpha = 1; None where it was not measured.
        lowest: the alpha at which the training objective is least.
        rise: the largest of the lines.
        monotone, convex: on how many the training objective is so on [0, 1].
        barrier, least_barrier: over the chord, of the objective, and of m.
        bulge, plateau: see `construction.experiments.shape`.
        theorem, path: on how many the theorem applies, and the sheet holds a path.
        covered: how many satisfy condition 2, L(W(0)) > L(0).
    """

    label: str
    lines: int
    initial: float
    zero: float
    final: float
    test_error: float | None
    lowest: float
    rise: float
    monotone: int
    convex: int
    barrier: float
    least_barrier: float
    bulge: float
    plateau: float
    theorem: int
    path: int
    covered: int


def lines(findings: Findings) -> dict[str, Findings]:
    """The parts in the order in which they were measured."""
    return {name: findings.part(name) for name in findings.manifest["lines"]}


def over_seeds(part: Findings) -> OverSeeds:
    """The numbers of a part."""
    described, alpha, objective = part.manifest, part["alpha"], part["train_objective"]
    runs, end = described["runs"], int(np.flatnonzero(alpha == 1)[0])
    train, least = ([run[curve] for run in runs] for curve in ("train", "minimum"))
    condition_2 = [run["conditions"]["condition 2"] for run in runs]
    return OverSeeds(
        label=described["label"],
        lines=len(runs),
        initial=_median(objective[:, 0]),
        zero=described["zero"],
        final=_median(objective[:, end]),
        test_error=_median(part["test_error"][:, end]) if "test_error" in part.arrays else None,
        lowest=_median(alpha[objective.argmin(axis=1)]),
        rise=max(float(shape["rise"]["value"]) for shape in train),
        monotone=sum(shape["monotone"] for shape in train),
        convex=sum(shape["convex"] for shape in train),
        barrier=_median(shape["barrier"]["value"] for shape in train),
        least_barrier=_median(shape["barrier"]["value"] for shape in least),
        bulge=_median(shape["bulge"]["value"] for shape in train),
        plateau=_median(shape["plateau"] for shape in train),
        theorem=sum(run["theorem_applies"] for run in runs),
        path=sum(run["sheet_has_path"] for run in runs),
        covered=sum(one["value"] > one["bound"] for one in condition_2),
    )


def _median(values: Iterable[float]) -> float:
    return float(np.median(np.array(list(values))))


def objectives(part: Findings, name: str) -> tuple[Array, Array]:
    """Alpha and objective of the first seed: "train", "test", or "minimum", up to alpha 1."""
    values = part["minimum" if name == "minimum" else f"{name}_objective"][0]
    return part["alpha"][: len(values)], values.astype(float)


def sides(part: Findings) -> tuple[str, ...]:
    """Whether the objective is known of training alone, or of test as well."""
    return tuple(x for x in ("train", "test") if f"{x}_objective" in part.arrays)


def goal(part: Findings) -> str:
    """What the weights at alpha = 1 are called."""
    return "final weights" if part.manifest["start"] == "given" else "trained weights"


def profiles(part: Findings) -> tuple[str, ...]:
    """The constructed paths that there are."""
    return tuple(name for name in part.manifest["paths"] if name in part.arrays)


# --- of a run -------------------------------------------------------------------------------------


def summary(part: Findings) -> str:
    """One line about a part: its metrics, medians over the seeds but for the largest rise."""
    one = over_seeds(part)
    tested = "" if one.test_error is None else f", test error {one.test_error:.1%}"
    return (
        f"{one.label}: {one.initial:.3g} -> {one.final:.3g}, L(0) {one.zero:.3g}{tested}; "
        f"largest rise {one.rise:.2g}, monotone {one.monotone} "
        f"of {one.lines}, barrier {one.barrier:.2g} (of m {one.least_barrier:.2g}), bulge "
        f"{one.bulge:.2g}, convex {one.convex} of {one.lines}, plateau {one.plateau:.2f}; "
        f"theorem {one.theorem} of {one.lines}, path {one.path} of {one.lines}"
    )


def finding(findings: Findings) -> str:
    """What the lines of each kind of start show, in a few sentences."""
    by_start: dict[str, list[OverSeeds]] = {}
    for part in lines(findings).values():
        by_start.setdefault(part.manifest["start"], []).append(over_seeds(part))
    return " ".join(
        _between_solutions(parts) if start == "solution" else _from_untrained(parts, start)
        for start, parts in by_start.items()
    )


def caption(findings: Findings) -> str:
    """The comparison with the published figure where there is one, and the finding."""
    parts = lines(findings)
    published = ""
    if "relu-initial" in parts:
        data = findings.manifest["settings"]["recipes"][0]["data"]
        published = _beside_published(parts["relu-initial"], data)
    points = (next(iter(parts.values()))["alpha"] <= 1).sum()
    return (
        f"{published}{finding(findings)} Shapes are of the polyline through {points} points, "
        "conditions are checked there, and the constructed paths are solved there, for the first "
        f"{'line' if 'kind' in findings.manifest else 'seed'}; none is certified here."
    )


def _beside_published(part: Findings, data: str) -> str:
    one, alpha, test = over_seeds(part), part["alpha"], part["test_objective"][0]
    least = int(test.argmin())
    unit, drawn = "cross-entropy", ""
    if part.manifest["loss"] != "cross_entropy":
        unit = "the squared loss"
        drawn = ", and another loss from larger initial weights, which begins high above L(0)"
    return (
        f"{PUBLISHED} Measured here: {one.label} under "
        f"{unit} falls from {one.initial:.3g} to {one.final:.2g} (medians of "
        f"{one.lines} seeds); the test objective of the first seed is least at alpha = "
        f"{alpha[least]:g}, {test[least]:.2g}, and is {test[-1]:.2g} at {alpha[-1]:g}. They differ "
        f"by the data ({data} for all of MNIST, test for validation), by the size and training of "
        f"the network{drawn}. The published axis is linear, which hides the last two decades. "
    )


def _from_untrained(parts: Sequence[OverSeeds], start: str) -> str:
    """Lines from initial weights, those that training began with or others."""
    count, monotone, convex = _totals(parts, "lines", "monotone", "convex")
    theorem, path, covered = _totals(parts, "theorem", "path", "covered")
    worst = max(parts, key=lambda one: one.rise)
    first = "unrelated random weights" if start == "random" else "the initial weights"
    last = "final" if start == "given" else "trained"
    rise = f"the largest rise is {worst.rise:.2g}, {worst.label}" if monotone < count else ""
    lowest = [one.lowest for one in parts]
    before = "before or " if min(lowest) < 1 <= max(lowest) else ""
    beyond = " or beyond" if max(lowest) > 1 else ""
    place = f"{before}at the {last} weights{beyond}"
    if max(lowest) < 1:
        place = f"before the {last} weights"
    return (
        f"From {first} the training objective falls monotonically, but for rounding, on "
        f"{of_all(monotone, count, 'line', rise)}, and is convex on "
        f"{of_all(convex, count, 'line')}. It is least {place} (at alpha = "
        f"{_range(parts, 'lowest', 'g')}; the first tenth of the drop takes "
        f"{_range(parts, 'plateau', '.0%')} of the way). Condition 2 holds on "
        f"{of_all(covered, count, 'line')}, the whole theorem applies to "
        f"{of_all(theorem, count, 'line')}, and the sheet holds a decreasing path on "
        f"{of_all(path, count, 'line')}."
    )


def _between_solutions(parts: Sequence[OverSeeds]) -> str:
    count, monotone, path = _totals(parts, "lines", "monotone", "path")
    barriers = ", ".join(f"{one.barrier:.2g} ({one.label})" for one in parts)
    left = [one.least_barrier / one.barrier for one in parts if one.barrier > 0]
    share = float(np.median(left)) if left else 0.0
    rescaled = (
        f"The best rescaling at each alpha leaves {most_of(share)} of that barrier ({share:.0%}), "
        "and the"
        if left
        else "The"
    )
    return (
        f"Between two solutions the training objective falls monotonically on "
        f"{of_all(monotone, count, 'line', f'over the chord it rises by {barriers}')}. "
        f"{rescaled} sheet holds a decreasing path on {of_all(path, count, 'line')}."
    )


def _totals(parts: Iterable[OverSeeds], *fields: str) -> list[int]:
    """Each field, summed over the parts."""
    counts = list(parts)
    return [sum(getattr(one, field) for one in counts) for field in fields]


def _range(parts: Sequence[OverSeeds], field: str, form: str) -> str:
    """From the least to the largest value, each with whose it is; one alone if they look alike."""
    ends = [pick(parts, key=lambda one: getattr(one, field)) for pick in (min, max)]
    least, largest = (format(getattr(one, field), form) for one in ends)
    if least == largest:
        return least
    return f"{least} ({ends[0].label}) to {largest} ({ends[1].label})"


def rows(findings: Findings) -> list[list[str]]:
    """Headings, and a row a part: over several lines the median, and 10 and 90 % quantiles."""
    table = [
        ["line", "L(W(0))", "L(W(1))", "L(0)", "rise", "barrier", "of m", "plateau", "monotone"]
    ]
    for part in lines(findings).values():
        runs, objective = part.manifest["runs"], part["train_objective"].astype(float)
        end = int(np.flatnonzero(part["alpha"] == 1)[0])
        shapes = [run["train"] for run in runs]
        numbers = [
            [*objective[:, 0]],
            [*objective[:, end]],
            [part.manifest["zero"]],
            *([shape[name]["value"] for shape in shapes] for name in ("rise", "barrier")),
            [run["minimum"]["barrier"]["value"] for run in runs],
            [shape["plateau"] for shape in shapes],
        ]
        monotone = sum(shape["monotone"] for shape in shapes)
        table.append([part.manifest["label"], *map(spread, numbers), f"{monotone} of {len(runs)}"])
    return table


def spread(values: Iterable[float]) -> str:
    """The median, and in brackets the 10 and 90 % quantiles of several values.

    >>> spread([0.25]), spread([0.0, 1.0, 2.0])
    ('0.25', '1 [0.2, 1.8]')
    """
    every = np.array(list(values))
    low, middle, high = np.quantile(every, [0.1, 0.5, 0.9])
    return f"{middle:.3g}" + (f" [{low:.3g}, {high:.3g}]" if len(every) > 1 else "")


# --- of a film ------------------------------------------------------------------------------------


def short_name(part: Findings) -> str:
    """Network and start, where there is little space."""
    kind, start = part.manifest["kind"], part.manifest["start"]
    return NETWORKS.get(kind, str(part.manifest["label"])) + STARTS[start].suffix


def table(findings: Findings) -> list[list[str]]:
    """A row a part: name, largest rise, monotone lines, plateau, theorem applies, path exists."""
    rows = []
    for part in lines(findings).values():
        one = over_seeds(part)
        counts = [f"{count} of {one.lines}" for count in (one.monotone, one.theorem, one.path)]
        rise = f"{one.rise:.2g}" if one.monotone < one.lines else "none"
        plateau = f"{one.plateau:.0%}".replace("%", " %")
        rows.append([short_name(part), rise, counts[0], plateau, *counts[1:]])
    return rows


def monotone_lines(findings: Findings) -> str:
    """How many lines of all are monotone, in a sentence."""
    monotone, count = _totals(map(over_seeds, lines(findings).values()), "monotone", "lines")
    return f"On {monotone} of {count} lines the training objective never rises up to alpha = 1."


def footer(findings: Findings, *, seeds: bool = False) -> str:
    """Data, networks, the first seed or how many, and points."""
    part = next(iter(lines(findings).values()))
    runs = part.manifest["runs"]
    which = f"{len(runs)} seeds" if seeds else f"seed {runs[0].get('seed')}"
    if "seed" not in runs[0]:
        which = f"{len(runs)} line{'s' if len(runs) > 1 else ''}"
    return f"{findings.manifest['title']} · {which} · {(part['alpha'] <= 1).sum()} points"
