"""The plateau of Frankle 2020 (arXiv 2012.06898), what it is, and the path below it.

Along the line between initial and trained weights of a deep network with batch normalisation the
objective stays near L(0), that of the network that always answers zero, rises a little, and drops
late. m(lambda) <= L(0) takes the rise away.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from ...arrays import Array
from ...forward.batches import Data
from ...record.findings import Findings, joined
from ...theorem.construct import conditions_of
from ...theorem.monotone import MonotonePath
from ...training.build import inputs_of
from ...training.training import Run
from ..line import along_line, verdicts
from ..settings import Treatment
from ..shape import shape_of
from ..stages import Report, Stages
from .settings import Plateau
from .words import caption, finding, summary


def conduct(settings: Plateau, stages: Stages, report: Report) -> Findings:
    """Measure the line under each treatment of batch normalisation; each is a stage.

    A part is a treatment, with these arrays, float32:

        lam, objective, minimum     (points,): lambda, L(W(lambda)), m(lambda)
        test_objective              (points,): on the test data; not where statistics are recomputed
        path_lam, path_objective,
        path_scale                  (corners,): the valley path, vertical where c alone moves; none
                                    where the sheet holds no path

    Its manifest has L(0) as `zero`, the shapes of objective and m, conditions, and under `path` how
    the path was checked or why there is none. Where further seeds are asked for, `others` has
    their objective under the first treatment, (seeds, points), float32. The manifest has the
    treatments in their order, a finding, and a caption.
    """
    recipe, some = settings.recipe, slice(settings.images)
    run, *others = stages.train_all(
        replace(recipe, seed=seed) for seed in (recipe.seed, *settings.others)
    )
    inputs, labels, test_inputs, test_labels = inputs_of(recipe)
    data, test = (inputs[some], labels[some]), (test_inputs[some], test_labels[some])
    options = {"loss": recipe.loss, "points": settings.points, "device": stages.device}
    parts: dict[str, Findings] = {}
    for treatment in settings.treatments:
        measured = partial(under, treatment, run, data, test, settings.checks, options)
        parts[treatment] = stages.once(treatment, measured)
        report(f"  {summary(parts[treatment])}")
    arrays = {}
    if others:
        measured = partial(_objectives, others, settings.treatments[0], data, options)
        arrays = dict(stages.once("others", measured).arrays)
    label = recipe.architecture.label
    whole = joined(parts, arrays).described(label=label, treatments=list(parts))
    whole = whole.described(finding=finding(whole), caption=caption(whole))
    report(f"  {whole.manifest['finding']}")
    return whole


def under(
    treatment: Treatment, run: Run, data: Data, test: Data, checks: int, options: dict[str, Any]
) -> Findings:
    """One treatment, see `conduct`; the path is checked at so many points, at none for 0."""
    seen = None if treatment == "recompute" else test
    model, ends = run.model(), (run.initial, run.final)
    line = along_line(model, *ends, data, test=seen, treatment=treatment, metrics={}, **options)
    arrays = {"lam": line.alpha, "objective": line.train["objective"]}
    arrays["minimum"] = line.sheet.minimum
    described: dict[str, Any] = {
        "treatment": treatment,
        "samples": line.forward.samples,
        "zero": line.sheet.d,
        "shape": asdict(shape_of(line.alpha, arrays["objective"])),
        "minimum_shape": asdict(shape_of(line.alpha, arrays["minimum"])),
        **verdicts(conditions_of(line.forward, line.sheet)),
    }
    arrays |= {f"test_{name}": values for name, values in line.test.items()}
    paths, outcomes = line.paths(["valley"])
    described["path"] = outcomes["valley"]
    for path in paths.values():
        arrays |= _corners(path)
        described["phases"] = [f"{one.name} on the {one.branch} branch" for one in path.phases]
        described["path"] = path.certify(checks, prove=False).verdict if checks else "not checked"
    return Findings({name: one.astype(np.float32) for name, one in arrays.items()}, described)


def _corners(path: MonotonePath) -> dict[str, Array]:
    """The path at every lambda of its grid, and at both ends of each phase, (corners,) each."""
    places = [0.0]
    for phase in path.phases:
        if phase.name == "travel":
            inside = (path.lam > phase.lam_start) & (path.lam < phase.lam_stop)
            places += [phase.s_at(float(lam)) for lam in path.lam[inside]]
        places.append(phase.stop)
    at = [path.at(s) for s in places]
    names = ("lam", "objective", "scale")
    return {f"path_{name}": np.array([getattr(point, name) for point in at]) for name in names}


def _objectives(
    runs: Sequence[Run], treatment: Treatment, data: Data, options: dict[str, Any]
) -> Findings:
    """Those of further seeds, (seeds, points), float32."""
    curves = [
        along_line(
            run.model(), run.initial, run.final, data, treatment=treatment, metrics={}, **options
        ).train["objective"]
        for run in runs
    ]
    return Findings({"others": np.stack(curves).astype(np.float32)})
