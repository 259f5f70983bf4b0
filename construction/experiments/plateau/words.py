"""What a plateau shows: how far it reaches, and every sentence made of its numbers.

Needs no torch. A *part* of the findings is one treatment of batch normalisation.
"""

import numpy as np

from ...arrays import Array
from ...record.findings import Findings
from ..claims import most_of, of_all
from ..shape import largest_rise

#: What each treatment of batch normalisation is called.
NAMES = {
    "interpolate": "statistics interpolated",
    "recompute": "statistics recomputed",
    "batch": "statistics of each batch",
    "none": "the line",
}
#: The objective counts as near L(0) within this share of it; chosen here.
NEAR = 0.1
#: Share of L(0) above which a rise is told; chosen here, as smaller ones come and go with rounding.
NOTABLE = 0.01
#: The magnified panel shows so many times the excursions of the objective above L(0), and at least
#: this share of L(0).
MAGNIFIED, LEAST = 2.5, 0.002
PUBLISHED = (
    "Published (Frankle 2020, arXiv 2012.06898): test loss of ResNet-50 on ImageNet stays at about "
    "6.93 (ln 1000 = 6.91), rises to about 7.15 at 0.99, and drops to about 0.93."
)


def parts(findings: Findings) -> list[Findings]:
    """The treatments, in the order in which they were measured; the first is told in full."""
    if "treatments" not in findings.manifest:
        return [_of_line(findings.part(name), name) for name in findings.manifest["lines"]]
    return [findings.part(name) for name in findings.manifest["treatments"]]


def _of_line(part: Findings, treatment: str) -> Findings:
    """The first line of what `construction.interpolate` measures, on [0, 1], as a treatment."""
    inside, manifest = part["alpha"] <= 1, part.manifest
    arrays = {"lam": part["alpha"][inside], "objective": part["train_objective"][0][inside]}
    arrays["minimum"] = part["minimum"][0]
    if "test_objective" in part.arrays:
        arrays["test_objective"] = part["test_objective"][0][inside]
    if "valley" in part.arrays:
        arrays["path_lam"], arrays["path_objective"] = part["valley"].T
    run, kept = manifest["runs"][0], {name: manifest[name] for name in ("zero", "samples")}
    shapes = {"shape": run["train"], "minimum_shape": run["minimum"]}
    path = manifest["paths"].get("valley", "not constructed")
    return Findings(arrays, {**kept, **shapes, "treatment": treatment, "path": path})


def curve(part: Findings, name: str) -> tuple[Array, Array]:
    """Lambda, and "objective", "test_objective" or "minimum" over it."""
    return part["lam"].astype(float), part[name].astype(float)


def path(part: Findings) -> tuple[Array, Array] | None:
    """Corners of the constructed path, lambda and objective; None where there is none."""
    if "path_lam" not in part.arrays:
        return None
    return part["path_lam"].astype(float), part["path_objective"].astype(float)


def near_zero(part: Findings) -> float:
    """The share of [0, 1] up to which the objective stays within a tenth of L(0) around it."""
    zero = part.manifest["zero"]
    far = np.abs(part["objective"] - zero) > NEAR * zero
    return float(part["lam"][int(np.argmax(far))]) if far.any() else 1.0


def whole_span(part: Findings) -> tuple[float, float]:
    """From 0 to a little above the highest objective."""
    names = ("objective", "test_objective", "path_objective")
    return 0.0, 1.08 * float(max(part[name].max() for name in names if name in part.arrays))


def near_span(part: Findings) -> tuple[float, float]:
    """About L(0), so wide that what lies just above it is seen."""
    zero = part.manifest["zero"]
    inner = part["objective"][part["lam"] > 0]
    above = max(float(inner.max()) - zero, LEAST * zero)
    reach = MAGNIFIED * min(above, NEAR * zero)
    return zero - reach, zero + reach


def _rises(part: Findings) -> tuple[float, float]:
    """The largest rise of the objective, and that of m."""
    rise, least = (part.manifest[key]["rise"]["value"] for key in ("shape", "minimum_shape"))
    return rise, least


# --- of a run -------------------------------------------------------------------------------------


def summary(part: Findings) -> str:
    """One line about a treatment."""
    measured = part.manifest
    rise, zero = measured["shape"]["rise"], measured["zero"]
    first, last = (float(part["objective"][k]) for k in (0, -1))
    path_words = (
        f"a decreasing path, {measured['path']}"
        if "path_lam" in part.arrays
        else "no decreasing path on this sheet"
    )
    return (
        f"{NAMES[measured['treatment']]}: {first:.4f} to {last:.4f}, L(0) = {zero:.4f}; highest "
        f"{float(part['objective'].max()):.4f}; largest rise {rise['value']:.2g} up to lambda = "
        f"{rise['stop']:.2f}; plateau {measured['shape']['plateau']:.0%}; {path_words}"
    )


def finding(findings: Findings) -> str:
    """What the treatments show, in a sentence each, and the seeds."""
    first, *_ = every = parts(findings)
    sentences = []
    for part in every:
        rise, least = _rises(part)
        test = ""
        if "test_objective" in part.arrays:
            test = f", on test images {largest_rise(*curve(part, 'test_objective')).value:.2g}"
        share = part.manifest["shape"]["plateau"]
        sentences.append(
            f"With {NAMES[part.manifest['treatment']]} the first tenth of the drop takes "
            f"{most_of(share)} of the way ({share:.0%}; the objective is within a tenth of L(0) = "
            f"{part.manifest['zero']:.3f} up to lambda = {near_zero(part):.2f}; it rises by "
            f"{rise:.2g} at most{test}, and m by {least:.2g})."
        )
    if "others" in findings.arrays:
        others = findings["others"].astype(float)
        lam = first["lam"].astype(float)
        rises = [_rises(first)[0], *(largest_rise(lam, values).value for values in others)]
        high = NOTABLE * first.manifest["zero"]
        count = sum(rise > high for rise in rises)
        sentences.append(
            "The line rises by more than a hundredth of L(0) on "
            f"{most_of(count / len(rises))} of the seeds ({count} of {len(rises)}; by "
            f"{max(rises):.2g} at most)."
        )
    paths = sum("path_lam" in part.arrays for part in every)
    sentences.append(
        "A path that only goes down was constructed under "
        f"{of_all(paths, len(every), 'treatment')}."
    )
    return " ".join(sentences)


def caption(findings: Findings) -> str:
    """What was measured, and how it differs from what was published."""
    treatments = parts(findings)
    samples, points = treatments[0].manifest["samples"], len(treatments[0]["lam"])
    return (
        f"{PUBLISHED} Measured: {findings.manifest['label']}, {samples:,} training images, "
        f"{points} lambdas. {finding(findings)} "
        "Another network and other data, so other heights: what agrees is that the plateau lies at "
        "the loss of the zero predictor, ln of the number of classes. How the published curve "
        "treats running statistics is not known here; as measured, that decides whether there is a "
        "plateau. Weights of so short a training move less than those of ResNet-50, so the drop "
        "comes earlier and is less sharp."
    )


# --- of a film ------------------------------------------------------------------------------------


def table(findings: Findings) -> list[tuple[str, ...]]:
    """Headings, and a row a treatment: name, reach near L(0), largest rise of L and of m, path."""
    rows: list[tuple[str, ...]] = [
        ("", "near $L(0)$ up to", "largest rise", "of $m$", "decreasing path")
    ]
    for part in parts(findings):
        name = NAMES[part.manifest["treatment"]].removeprefix("statistics ")
        rises = (f"{rise:.2g}" if rise else "none" for rise in _rises(part))
        rows.append((name, f"$lambda = {near_zero(part):.2f}$", *rises, _standing(part)))
    return rows


def _standing(part: Findings) -> str:
    """Of the path, in one or two words: checked, not checked, failed, or none."""
    verdict = str(part.manifest["path"])
    if "path_lam" not in part.arrays:
        return "none"
    return "check failed" if verdict.startswith("not satisfied") else verdict


def contrast(findings: Findings) -> str:
    """How far each treatment keeps the objective near L(0), in a sentence."""
    reaches = [
        f"{NAMES[p.manifest['treatment']]} up to {near_zero(p):.2f}" for p in parts(findings)
    ]
    return f"Within a tenth of L(0): {', '.join(reaches)}."


def footer(findings: Findings) -> str:
    """Data and network, seed, points, and on how many images."""
    described, part = findings.manifest, parts(findings)[0]
    size = f"{part.manifest['samples']} images, {len(part['lam'])} points"
    if "kind" in described:
        return f"{described['title']} · {size.replace('images', 'samples')}"
    seed = described["seeds"][0] if "seeds" in described else described["settings"]["seed"]
    return f"{described['title']} · seed {seed} · {size}"
