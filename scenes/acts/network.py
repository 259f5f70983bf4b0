"""Act 1, a network learns: digits, units and outputs at W(0) and at W(1)."""

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Mobject, Square, VGroup

from construction.experiments.path import curves
from construction.record.sample import Sample
from scenes.film import Film
from scenes.mobjects.formula import maths, words
from scenes.mobjects.network import Network
from scenes.mobjects.sample import Digits, OutputBars
from scenes.style import LABEL, NORMAL, SMALL

#: Lowest and highest unit; places of columns; span of bars; left end of what is said.
SPAN, COLUMNS, BARS, SAID = (-1.2, 2.25), (-3.65, -2.05, -0.45), (0.35, 2.75), 3.3
#: Size of a digit, places of their columns, and the highest.
DIGIT, DIGITS, HIGHEST, STEP = 1.0, (-6.1, -4.98), 2.05, 1.13


def tell(film: Film) -> None:
    """With the sample; or, without one, as a formula."""
    film.beat("network", "A network learns", film.footer)
    if film.sample is None:
        ask_in_words(film)
        return
    sample = film.sample
    count = curves.count(sample)
    rows = -(-count // 2)
    columns = DIGITS if film.which >= rows else DIGITS[::-1]  # what is looked at, in the right one
    places = [[columns[k // rows], HIGHEST - STEP * (k % rows)] for k in range(count)]
    digits = Digits(sample, np.array(places), DIGIT, film.colors)
    frame = Square(DIGIT + 0.16).set_stroke(film.colors.ink, NORMAL)
    frame.move_to([*places[film.which], 0])
    network = Network(sample, COLUMNS, SPAN, film.colors).show_lambda(0.0, film.which)
    ends = curves.around(sample.outputs[[0, -1], film.which])
    bars = OutputBars(sample, film.which, network.rows, BARS, ends, film.colors)
    bars.show_outputs(sample.outputs_at(0.0)[film.which])

    trained = bool(film.record.manifest.get("seeds"))  # by a named run, from random weights
    told = "Digits that the network never saw" if trained else "Inputs of the network"
    film.caption(f"{told}; beside them some of its units.")
    film.enter(digits, frame)
    lines = network.fed_by(digits, film.which)
    film.enter(lines, network.units, network.hidden, network.sizes(), seconds=1)
    noise = "With random weights its ten outputs are noise."
    film.caption(noise if trained else "These are its outputs with the first weights.")
    film.enter(network.edges, bars.ruler(BARS[0] - 0.3, film.colors), seconds=1)
    film.enter(bars, seconds=1)
    film.enter(said(film, sample, 0.0, 1.9), hold=2)

    right = "Training moves every weight; now the bar of the true class is the longest."
    film.caption(right if trained else "And these with the last ones.")
    film.fade_out(network.hidden, network.edges, bars)
    network.show_lambda(1.0, film.which)
    bars.show_outputs(sample.outputs_at(1.0)[film.which])
    film.enter(network.hidden, network.edges, bars, seconds=1)
    film.enter(said(film, sample, 1.0, -0.1), hold=2)
    film.caption("Is there a way from the first weights to the last that only goes down?")
    film.enter(question(film), seconds=1, hold=2.5)


def said(film: Film, sample: Sample, lam: float, top: float) -> VGroup:
    """Of the weights at an end: which they are, their objective, how many inputs are right."""
    objective = float(film.route.empirical[0 if lam == 0 else -1])
    color, right = film.colors.empirical, curves.right(sample, lam)
    score = " " if right is None else f"{right} of {curves.count(sample)} right"
    of_a_run = bool(film.record.manifest.get("seeds"))
    ends = ("random weights", "after training") if of_a_run else ("first weights", "last weights")
    rows = [
        words(ends[int(lam > 0)], size=SMALL, color=film.colors.dim),
        maths(f"L(W({lam:g})) = {curves.as_maths(objective)}", size=LABEL + 2, color=color),
        words(score, size=SMALL, color=film.colors.ink),
    ]
    found = VGroup(*rows).arrange(DOWN, buff=0.22, aligned_edge=LEFT)
    found.move_to([SAID, top, 0], LEFT + UP)
    return found.shift(min(0.0, 6.9 - found.get_right()[0]) * RIGHT)


def question(film: Film) -> Mobject:
    """How many numbers have to move, and what is asked."""
    count = film.route.parameters
    start = f"{count:,} numbers to move. " if count else ""
    text = f"{start}Is there a way that only goes down?"
    return words(text, color=film.colors.ink, size=38).move_to([0, -2.25, 0])


def ask_in_words(film: Film) -> None:
    """What is asked, where there is no sample."""
    film.state(
        "W(lambda) = (1 - lambda) {{W(0):start}} + lambda {{W(1):stop}}"
        if film.route.name == "line"
        else "W(lambda), quad {{W(0):start}} arrow.r {{W(1):stop}}",
        question(film),
        (
            f"Take the {film.base} from the first weights to the last ones.",
            "Is there a path along which the loss only goes down?",
        ),
        start=film.colors.empirical,
        stop=film.colors.empirical,
    )
