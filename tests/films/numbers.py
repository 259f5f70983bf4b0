"""Bars, digits and counts of a picture are the record's, at the lambda and the c that it names."""

import re

import numpy as np

from construction.experiments.path import curves
from scenes.mobjects.formula import LiveNumber
from scenes.mobjects.plot import Plot
from scenes.mobjects.sample import Bars, Digits, OutputBars
from scenes.mobjects.shapes import Dashes, DataCurve

#: A c that is read off has two decimals.
ROUNDED = 0.00501


def bars_and_digits_are_the_records(frame):
    """Every bar is c times an output, every digit an input of the sample, every count theirs."""
    kinds = (Bars, Digits, Plot, DataCurve, Dashes)
    family = [part for top in frame.scene.mobjects for part in top.get_family()]
    found = {kind: [part for part in family if isinstance(part, kind)] for kind in kinds}
    seen = {id(part.mobject) for part in frame.parts}
    for kind in (Bars, Digits):
        found[kind] = [o for o in found[kind] if any(id(part) in seen for part in o.get_family())]
    if not found[Bars] + found[Digits]:
        return
    samples = [route.sample for route in frame.scene.record.routes if route.sample]
    lams, c = lambdas(frame, found), number_beside(frame, "c =")
    for bars in found[Bars]:
        drawn, own = drawn_outputs(bars)
        if not any(shows(bars, drawn, sample, lam, c) for sample in samples for lam in lams):
            yield f"{type(bars).__name__} that end at {drawn.round(3).tolist()}, c = {c}"
        if not (own <= bars.own).all():
            yield f"{type(bars).__name__} whose true classes are {own.tolist()}"
    for digits in found[Digits]:
        if not any(are_inputs(digits, sample) for sample in samples):
            yield "a digit that is not the record's"
    count = number_beside(frame, r"^of \d+ right", after=True)
    right = {curves.right(sample, lam) for sample in samples for lam in lams}
    if count is not None and count not in right:
        yield f"{count:.0f} right at lambda = {lams}"


def lambdas(frame, found):
    """Those that the picture names: by a marker, in words, or where a path has come; else ends."""
    plots = [plot for plot in found[Plot] if "lambda" in plot.x_name.typst_code]
    said = [re.search(r"lambda = ([\d.]+)", word.text) for word in frame.words]
    named = [float(one[1]) for one in said if one]
    colors = (frame.scene.colors.constructed, frame.scene.colors.valley)
    marks = [one.points[0] for one in found[Dashes] if np.ptp(one.points[:, 0]) < 1e-6]
    marks += [
        one.points[-1]
        for one in found[DataCurve]
        if len(one.points) and one.get_stroke_color().to_hex().upper() in colors
    ]
    for x, y in [(plot.x, plot.y) for plot in plots]:
        within = [
            mark
            for mark in marks
            if x.start - 1e-9 <= mark[0] <= x.stop + 1e-9
            and y.start - 1e-9 <= mark[1] <= y.stop + 1e-9
        ]
        named += [value_at(x, mark[0]) for mark in within]
    return named or [0.0, 1.0]


def value_at(axis, place):
    """What a frame coordinate stands for on a linear axis."""
    return axis.low + (place - axis.start) / (axis.stop - axis.start) * (axis.high - axis.low)


def number_beside(frame, pattern, *, after=False):
    """The live number behind words, or before them; None where there are none."""
    for word in frame.words:
        numbers = [one for one in frame.words if isinstance(one.mobject, LiveNumber)]
        if not isinstance(word.mobject, LiveNumber) and re.search(pattern, word.text) and numbers:
            end, start = (0, 2) if after else (2, 0)
            gaps = [np.abs(one.box[[start, 1]] - word.box[[end, 1]]).sum() for one in numbers]
            return float(numbers[int(np.argmin(gaps))].text)
    return None


def drawn_outputs(bars):
    """What the drawn bars end at, as the outputs are, and which have the true class's colour."""
    lying = isinstance(bars, OutputBars)
    drawn, own = np.zeros(bars.own.shape), np.zeros(bars.own.shape, bool)
    zero = np.full(drawn.shape, float(bars.place(0.0))) if lying else bars.y
    middle = bars.rows if lying else bars.x
    for quads, true in zip(bars.bars, (False, True), strict=True):
        for box in quads.points.reshape(-1, 4, 4, 3)[:, :, 0, :2]:
            across, along = (box[:, 1], box[:, 0]) if lying else (box[:, 0], box[:, 1])
            off = np.abs(along - zero[..., None]).min(-1) + np.abs(middle - across.mean())
            k = np.unravel_index(off.argmin(), off.shape)
            end = along[np.abs(along - zero[k]).argmax()]
            drawn[k] = (
                np.interp(end, bars.span, bars.values) if lying else (end - zero[k]) / bars.unit
            )
            own[k] = true
    return drawn, own


def shows(bars, drawn, sample, lam, c):
    """Whether drawn bars are c times the outputs of the first inputs, or of the chosen one."""
    outputs = sample.outputs_at(lam)
    few = len(drawn) if drawn.ndim == 2 and len(drawn) > 1 else None
    wanted = outputs[:few] if few else outputs[curves.chosen(sample)].reshape(drawn.shape)
    off = 1e-6 + (0 if c is None else ROUNDED) * np.abs(wanted)
    wanted = (1 if c is None else c) * wanted
    if isinstance(bars, OutputBars):
        wanted = np.clip(wanted, *bars.values)
    return bool((np.abs(drawn - wanted) <= off).all())


def are_inputs(digits, sample):
    """Whether images, of light ink or dark, are the first inputs of a sample, or the chosen one."""
    few = (
        sample.images[: len(digits)] if len(digits) > 1 else [sample.images[curves.chosen(sample)]]
    )
    pairs = zip(digits, few, strict=True)
    return all(
        abs(np.corrcoef(a.pixel_array[..., 0].ravel(), b.ravel())[0, 1]) > 0.9999 for a, b in pairs
    )
