"""All is seen and can be read, in any size and both themes."""

import numpy as np
import pytest

from .moves import settled
from .records import PROFILES, large, recorded, results

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (390, 844), (768, 1024)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_leaves_the_page_sideways_in_any_size(shown, width, height, scheme):
    page = shown(recorded("squared"), width=width, height=height, color_scheme=scheme)
    for profile in ("own", *PROFILES):
        page.select_option("#profile", profile)
        settled(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width
    sizes = page.evaluate(
        "[...document.querySelectorAll('p, td, figcaption, summary, label')]"
        ".map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 13


#: Notes the boxes of all words and the middles of all dots of the ray.
NOTED = """() => {
    window.noted = { words: [], dots: [] };
    const { words, dot, begin } = Picture.prototype;
    const ray = (picture) => picture.canvas.id === "ray";
    Picture.prototype.begin = function () {
        if (ray(this)) window.noted = { words: [], dots: [] };
        begin.call(this);
    };
    Picture.prototype.words = function (text, x, y, colour, align = "left") {
        words.call(this, text, x, y, colour, align);
        const wide = this.pen.measureText(text).width;
        const left = x - wide * { left: 0, center: 0.5, right: 1 }[align];
        if (ray(this)) window.noted.words.push([text, left, y - 10, left + wide, y + 2]);
    };
    Picture.prototype.dot = function (place, ...rest) {
        dot.call(this, place, ...rest);
        if (ray(this)) window.noted.dots.push(place);
    };
}"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_names_on_the_ray_cover_neither_each_other_nor_a_dot(shown, loss, width):
    page = shown(recorded(loss), width=width, height=844)
    page.evaluate(NOTED)
    looked = 0
    for profile in results(loss):
        page.select_option("#profile", profile)
        for k in range(0, 101, 10):
            page.evaluate(f"moveTo(state.sheet.lam[{k}])")
            settled(page)
            noted = page.evaluate("noted")
            assert {"L(0)", "c(λ)"} <= {text for text, *_ in noted["words"]}
            for n, (text, *box) in enumerate(noted["words"]):
                for other, *its in noted["words"][:n]:
                    apart = box[0] >= its[2] or its[0] >= box[2] or box[1] >= its[3]
                    assert apart or its[1] >= box[3], (profile, k, text, other)
                for x, y in noted["dots"]:
                    covers = box[0] < x < box[2] and box[1] < y < box[3]
                    assert not covers, (profile, k, text)
                looked += 1
    assert looked > 100


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768)])
def test_all_of_a_sample_of_eight_is_seen_without_scrolling(shown, width, height):
    page = shown(large("squared"), width=width, height=height)
    box = page.locator("#sample-text").bounding_box()
    assert box["y"] + box["height"] <= height


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_words_have_contrast(shown, scheme):
    page = shown(recorded("squared"), color_scheme=scheme)
    colours = page.evaluate("colours()")
    ground = luminance(colours.pop("background"))
    assert (ground > 0.5) == (scheme == "light")
    for role in ("ink", "dim", "empirical", "constructed", "level", "zero"):
        low, high = sorted([luminance(colours[role]), ground])
        assert (high + 0.05) / (low + 0.05) >= 4.5, role
