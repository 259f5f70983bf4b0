"""What every picture of a film has to satisfy; each rule is a function of a `Frame`.

Sizes are measured in frame units: the picture is 14.2 wide, and 8 high at 16:9. A picture of 4:3 is
as wide and has more room above and below, so that words are as large on a wall of the same width:
"a 24th of the height" is that of the 16:9 picture in both.
"""

from itertools import combinations

import numpy as np

from scenes.mobjects.plot import Plot
from scenes.mobjects.shapes import DataCurve
from scenes.mobjects.surface import SurfaceCurve
from scenes.style import FLOOR

from .numbers import bars_and_digits_are_the_records

#: How far the boxes of two words may reach into each other: nothing that is seen.
TOUCH = 0.02
#: Least share of the pixels between title and captions that a last picture has to fill.
FILLED = 0.01


def nothing_is_outside(frame):
    """All of it is in the frame, above the subtitles' place."""
    half = frame.size / 2
    room = np.array([-half[0], FLOOR, *half])
    for one in (*frame.words, *frame.parts):
        box, cut = one.box, False
        if getattr(one, "is_image", False):
            box, cut = image_box(one)
        if cut or (box[:2] < room[:2] - 1e-6).any() or (box[2:] > room[2:] + 1e-6).any():
            yield f"{named(one)} from {box[:2].round(2)} to {box[2:].round(2)}"


def no_two_words_overlap(frame):
    """The boxes of two lines of words share no area."""
    for one, other in combinations(frame.words, 2):
        shared = np.minimum(one.box[2:], other.box[2:]) - np.maximum(one.box[:2], other.box[:2])
        if (shared > TOUCH).all():
            yield f"{one.text!r} and {other.text!r}"


def no_word_is_small(frame):
    """A line is at least a 24th of the height: 22 points on a slide 13.3 inches wide.

    The height of a line is that of its type, an em, and not that of its capitals, which are two
    thirds of it: so sizes are told for slides, and superscripts need no rule of their own.
    """
    least = frame.size[0] * 9 / 16 / 24
    for word in frame.words:
        if frame.steady(word) and word.em < least * (1 - 1e-3):
            yield f"{word.text!r} is a {frame.size[0] * 9 / 16 / word.em:.0f}th of the height"


def no_marker_crosses_a_word(frame):
    """Dots, dashed lines, curves of data and all that moves keep clear of words.

    A thing that moved is looked at in steps of its way from the frame before.
    """
    for part in frame.parts:
        if part.is_image:
            continue
        before = frame.before.get(id(part.mobject))
        moved = before is not None and not np.array_equal(before, part.mobject.points)
        if not (moved or part.marks):
            continue
        way = np.zeros((1, 2))
        if moved and len(before) == len(part.mobject.points):
            step = (part.mobject.points - before)[:, :2]
            if np.ptp(step, axis=0).max() < 1e-6:  # it moves as a whole
                steps = int(np.abs(step[0]).max() / 0.1) + 1
                way = -step[0] * np.linspace(0, 1, steps, endpoint=False)[:, None]
        for word in frame.words:
            still = frame.before.get(id(word.mobject)) == word.look
            if any(crosses(part, word.box, back) for back in (way if still else [0 * way[0]])):
                yield f"{named(part)} crosses {word.text!r}"


def words_stand_out(frame):
    """Every glyph has a contrast of 4.5 to 1 with all that is drawn in its word's box."""
    for word in frame.words:
        if not frame.steady(word):
            continue
        near = [part.mobject for part in frame.parts if meet(part.box, word.box)]
        behind = np.array([frame.background])
        if near:
            across, down = pixels(frame, word.box)
            behind = np.unique(frame.paint(near)[down, across].reshape(-1, 3), axis=0)
        if not len(behind):  # outside of the frame, which is another rule's
            continue
        for *color, opacity in word.colors:
            seen = opacity * 255 * np.array(color) + (1 - opacity) * behind
            least = min(contrast(one, other) for one, other in zip(seen, behind, strict=True))
            if least < 4.5:
                yield f"{word.text!r} has a contrast of {least:.1f}"


def no_path_rises(frame):
    """A constructed path over a plot of objectives, or on a surface, is nowhere drawn higher.

    Such a curve has the colour of a constructed path or of the valley.
    """
    colors = frame.scene.colors
    for curve in paths_on_objectives(frame.scene.mobjects, (colors.constructed, colors.valley)):
        on_surface = isinstance(curve, SurfaceCurve)
        height = curve.shares_of_box[:, 2] if on_surface else curve.points[:, 1]
        if (np.diff(height) > 1e-6).any():
            yield f"the curve that starts at {curve.points[0, :2].round(2)}"


def a_section_ends_on_a_picture(frame):
    """The last picture of a section has something in it beside title and footer."""
    if not frame.closes:
        return
    apart = [frame.scene.title, frame.scene.foot]
    shown = [one for one in frame.scene.mobjects if not any(one is other for other in apart)]
    pixels = frame.paint(shown)
    background = frame.background
    share = float((np.abs(pixels.astype(int) - background).max(axis=-1) > 30).mean())
    count = sum(
        one.mobject not in (*apart[0].get_family(), *apart[1].get_family())
        for one in (*frame.words, *frame.parts)
    )
    if share < FILLED or count < 2:
        yield f"{share:.1%} of the pixels, {count} mobjects"


RULES = (
    nothing_is_outside,
    no_two_words_overlap,
    no_word_is_small,
    no_marker_crosses_a_word,
    words_stand_out,
    no_path_rises,
    bars_and_digits_are_the_records,
    a_section_ends_on_a_picture,
)


def paths_on_objectives(mobjects, colors):
    """Data curves in one of these colours on a surface, or a plot whose height is an objective."""
    family = [part for top in mobjects for part in top.get_family()]
    rooms = [
        (plot.at(plot.x.low, plot.y.low), plot.at(plot.x.high, plot.y.high))
        for plot in family
        if isinstance(plot, Plot)
        and any(name in plot.y_name.typst_code for name in ("objective", "L(0)"))
    ]
    for curve in family:
        if isinstance(curve, DataCurve) and len(curve.points):
            color = curve.get_stroke_color().to_hex().upper()
            middle = (curve.corners.min(axis=0) + curve.corners.max(axis=0)) / 2
            within = any((low <= middle).all() and (middle <= high).all() for low, high in rooms)
            if color in colors and (within or isinstance(curve, SurfaceCurve)):
                yield curve


def named(one):
    """A word's text, or the kind of a shape."""
    return repr(one.text) if hasattr(one, "text") else type(one.mobject).__name__


def crosses(part, box, back):
    """Whether the outline of a part, moved by `back`, enters a box."""
    low, high = box[:2] - part.margin - back, box[2:] + part.margin - back
    if not meet(part.box, np.concatenate([low, high])):
        return False
    start, step = part.outline[:, 0], np.diff(part.outline, axis=1)[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start) / step, (high - start) / step
    inside = (start >= low) & (start <= high)
    enter = np.where(step == 0, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    leave = np.where(step == 0, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return bool((np.maximum(enter.max(1), 0) <= np.minimum(leave.min(1), 1)).any())


def meet(one, other):
    """Whether two boxes touch."""
    return bool((np.minimum(one[2:], other[2:]) >= np.maximum(one[:2], other[:2])).all())


def contrast(one, other):
    """Of WCAG 2.1, of two sRGB colours of 0 to 255 a channel."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def luminance(color):
    """Relative luminance of WCAG 2.1."""
    x = np.asarray(color) / 255
    linear = np.where(x <= 0.03928, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def pixels(frame, box):
    """Slices of the columns and rows of pixels wholly inside a box, at least one each."""
    camera = frame.scene.camera
    scale = np.array([camera.pixel_width, camera.pixel_height]) / frame.size
    left, lower = np.ceil((box[:2] + frame.size / 2) * scale).astype(int)
    right, upper = np.floor((box[2:] + frame.size / 2) * scale).astype(int)
    rows = camera.pixel_height - np.array([upper, lower])
    return slice(left, max(right, left + 1)), slice(rows[0], max(rows[1], rows[0] + 1))


def image_box(part):
    """The box of what an image shows, and whether its edge cuts that off."""
    seen = part.mobject.pixel_array[..., 3] > 0
    if seen.all():
        return part.box, False
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return np.zeros(4), False
    height, width = seen.shape
    left, lower, right, upper = part.box
    across, up = (right - left) / width, (upper - lower) / height
    box = np.array(
        [
            left + columns[0] * across,
            upper - (rows[-1] + 1) * up,
            left + (columns[-1] + 1) * across,
            upper - rows[0] * up,
        ]
    )
    edge = np.concatenate([seen[0], seen[-1], seen[:, 0], seen[:, -1]])
    return box, bool(edge.any())
