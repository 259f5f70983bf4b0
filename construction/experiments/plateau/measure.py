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
import torch
from torch import nn

from ...arrays import Array
from ...errors import ConditionError, RootError
from ...forward.samples import Data
from ...network.states import State
from ...record.findings import Findings, joined
from ...theorem.construct import conditions_of, follow
from ...theorem.monotone import MonotonePath
from ...training.training import Run
from ..line import measure_treated, verdicts
from ..settings import Treatment
from ..shape import shape_of
from ..stages import Report, Stages
from .settings import ImageNet, Plateau
from .subject import Subject, cost, of_files, of_run
from .words import caption, finding, summary


def line_and_path(
    model: nn.Module,
    initial: State,
    final: State,
    data: Data,
    *,
    loss: str,
    treatment: Treatment,
    points: int,
    checks: int = 0,
    device: torch.device | str = "cpu",
    test: Data | None = None,
) -> Findings:
    """The objective on the line between two weights, what rescaling reaches, and a path below.

    The arrays, float32:

        lam, objective, minimum     (points,): lambda, L(W(lambda)), m(lambda)
        test_objective              (points,): on the test data; not where statistics are
                                    recomputed, as they would be those of the test data
        path_lam, path_objective,
        path_scale                  (corners,): the valley path, vertical where c alone moves; none
                                    where the sheet holds no path

    The manifest has L(0) as `zero`, the shapes of objective and m, conditions, and under `path` how
    the path was checked or why there is none.

    Args:
        model: that the weights fit; never modified.
        initial, final: weights at lambda 0 and 1.
        data: training data that is measured on.
        loss: of `construction.loss.catalogue.LOSSES`.
        treatment: of batch normalisation.
        points: lambdas.
        checks: points of the certificate; none for 0.
        device: where to compute.
        test: the test data.
    """
    options = {"loss": loss, "points": points, "device": device}
    forward, sheet = measure_treated(model, initial, final, data, treatment, **options)
    arrays = {"lam": sheet.lam, "objective": sheet.value(1.0), "minimum": sheet.minimum}
    if test is not None and treatment != "recompute":
        sheet_of_test = measure_treated(model, initial, final, test, treatment, **options)[1]
        arrays["test_objective"] = sheet_of_test.value(1.0)
    described: dict[str, Any] = {
        "treatment": treatment,
        "samples": forward.samples,
        "zero": sheet.d,
        "shape": asdict(shape_of(sheet.lam, arrays["objective"])),
        "minimum_shape": asdict(shape_of(sheet.lam, arrays["minimum"])),
        **verdicts(conditions_of(forward, sheet)),
    }
    try:
        path = follow(forward, sheet, "valley")
    except (ConditionError, RootError) as error:
        described["path"] = str(error)
    else:
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


def conduct(settings: Plateau | ImageNet, stages: Stages, report: Report) -> Findings:
    """Measure the line under each treatment of batch normalisation; each is a stage.

    A part is a treatment, see `line_and_path`. Where further seeds are asked for, `others` has
    their objective under the first treatment, (seeds, points), float32. The manifest has the
    treatments in their order, a finding, and a caption.

    Raises:
        InputError, DataError, WeightsError: see `subject.of_files`.
    """
    others: list[Run] = []
    if isinstance(settings, ImageNet):
        subject = of_files(settings)
        report(f"  {cost(settings, subject, stages.device)}")
    else:
        recipe = settings.recipe
        run, *others = stages.train_all(
            replace(recipe, seed=seed) for seed in (recipe.seed, *settings.others)
        )
        subject = of_run(run, settings.images)
    parts: dict[str, Findings] = {}
    for treatment in settings.treatments:
        measured = partial(
            line_and_path,
            subject.model,
            subject.initial,
            subject.final,
            subject.data,
            loss=subject.loss,
            treatment=treatment,
            points=settings.points,
            checks=settings.checks,
            device=stages.device,
            test=subject.test,
        )
        parts[treatment] = stages.once(treatment + subject.stage, measured)
        report(f"  {summary(parts[treatment])}")
    arrays = {}
    if others:
        measured = partial(_objectives, others, subject, settings, stages.device)
        arrays = dict(stages.once("others", measured).arrays)
    whole = joined(parts, arrays).described(label=subject.label, treatments=list(parts))
    whole = whole.described(finding=finding(whole), caption=caption(whole), **subject.described)
    report(f"  {whole.manifest['finding']}")
    return whole


def _objectives(
    runs: Sequence[Run], subject: Subject, settings: Plateau | ImageNet, device: str
) -> Findings:
    """Those of further seeds under the first treatment, (seeds, points), float32."""
    options: dict[str, Any] = {
        "treatment": settings.treatments[0],
        "loss": subject.loss,
        "points": settings.points,
        "device": device,
    }
    lines = ((run.model(), run.initial, run.final, subject.data) for run in runs)
    curves = [measure_treated(*line, **options)[1].value(1.0) for line in lines]
    return Findings({"others": np.stack(curves).astype(np.float32)})
