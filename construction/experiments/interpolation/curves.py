"""The lines of weights in a result, their curves and numbers. Needs no torch.

A *part* is one treatment of batch normalisation, or one kind of network and of start; each of its
lines is one seed's.
"""

from dataclasses import replace

import numpy as np

from ...arrays import Array
from ...record.findings import Findings

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
    if "treatments" not in findings.manifest:
        return {name: findings.part(name) for name in findings.manifest["lines"]}
    parts: dict[str, Findings] = {}
    for name in findings.manifest["treatments"]:
        kept = _of_plateau(findings.part(name), name)
        others = {} if parts or "others" not in findings.arrays else {"others": findings["others"]}
        parts[name] = replace(kept, arrays={**kept.arrays, **others})
    return parts


def _of_plateau(part: Findings, treatment: str) -> Findings:
    """One line under one treatment, as the runs of a `Plateau` keep it."""
    described = dict(part.manifest)
    arrays = {"alpha": part["lam"], "minimum": part["minimum"][None]}
    for side, name in (("train", "objective"), ("test", "test_objective")):
        if name in part.arrays:
            arrays[f"{side}_objective"] = part[name][None]
    if "path_lam" in part.arrays:
        arrays["valley"] = np.column_stack([part["path_lam"], part["path_objective"]])
    run = {**described, "train": described["shape"], "minimum": described["minimum_shape"]}
    kept = {"label": TREATMENTS[treatment], "kind": "given", "start": "initial", "runs": [run]}
    return Findings(arrays, {**described, **kept, "paths": {"valley": described["path"]}})


def numbers(part: Findings) -> dict[str, Array]:
    """What was measured of each line of a part up to alpha = 1, (lines,) each; 1 for yes.

    Of `construction.experiments.shape` the training objective's `rise`, `barrier`, `plateau`,
    `monotone` and `convex`, and m's `least_rise` and `least_barrier`; `initial` and `final`,
    L(W(0)) and L(W(1)); `lowest`, the alpha at which the training objective is least; whether
    condition 2 holds, L(W(0)) > L(0), in `covered`, the `theorem` applies, and the sheet holds a
    `path`.
    """
    alpha, objective, runs = part["alpha"], part["train_objective"], part.manifest["runs"]
    train, least = ([run[curve] for run in runs] for curve in ("train", "minimum"))
    condition_2 = [run["conditions"]["condition 2"] for run in runs]
    columns = {
        "initial": objective[:, 0],
        "final": objective[:, int(np.flatnonzero(alpha == 1)[0])],
        "lowest": alpha[objective.argmin(axis=1)],
        **{name: [one[name]["value"] for one in train] for name in ("rise", "barrier")},
        **{name: [one[name] for one in train] for name in ("plateau", "monotone", "convex")},
        **{f"least_{name}": [one[name]["value"] for one in least] for name in ("rise", "barrier")},
        "covered": [one["value"] > one["bound"] for one in condition_2],
        "theorem": [run["theorem_applies"] for run in runs],
        "path": [run["sheet_has_path"] for run in runs],
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
    """The share of [0, 1] up to which the objective stays within a tenth of L(0) around it."""
    lam, objective = objectives(part, "train", 1)
    far = np.abs(objective - part.manifest["zero"]) > NEAR * part.manifest["zero"]
    return float(lam[int(np.argmax(far))]) if far.any() else 1.0


def near_span(part: Findings) -> tuple[float, float]:
    """Heights about L(0), so wide that what lies just above it is seen."""
    zero = part.manifest["zero"]
    above = max(float(objectives(part, "train", 1)[1][1:].max()) - zero, LEAST * zero)
    reach = MAGNIFIED * min(above, NEAR * zero)
    return zero - reach, zero + reach
