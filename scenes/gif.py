"""A film as pages show it: a small, slow GIF in colours of its own, or a WebM of all its pixels."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from PIL import Image

#: Pixels across, and milliseconds a frame: a GIF counts in hundredths of a second.
ACROSS, EACH = 640, 80
#: Its colours, and of how many frames one is asked for them.
COLORS, ASKED = 255, 10


def write_gif(film: Path, place: Path) -> None:
    """Write a film's frames as a GIF, in the colours that suit the whole film best.

    Manim's own, of 256 fixed colours and dithered, is thirty times as large.
    """
    asked = [np.asarray(one) for one in _reduced(film, every=ASKED)]
    palette = Image.fromarray(np.vstack(asked)).quantize(COLORS)
    frames = (one.quantize(palette=palette, dither=Image.Dither.NONE) for one in _reduced(film))
    next(frames).save(place, save_all=True, append_images=frames, duration=EACH, loop=0)


def write_webm(film: Path, place: Path) -> None:
    """Write a film's frames as VP9, for pages and browsers that do not play H.264."""
    with av.open(str(film)) as source, av.open(str(place), "w", format="webm") as target:
        shown = source.streams.video[0]
        options = {"crf": "30", "b:v": "0", "deadline": "good", "cpu-used": "4"}
        stream = target.add_stream("libvpx-vp9", rate=shown.average_rate, options=options)
        stream.width, stream.height, stream.pix_fmt = shown.width, shown.height, "yuv420p"
        for frame in source.decode(shown):
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def _reduced(film: Path, every: int = 1) -> Iterator[Image.Image]:
    """The frames at that size and rate, or some of them."""
    with av.open(str(film)) as source:
        video, count = source.streams.video[0], 0
        assert video.average_rate, "a video has a rate"
        height = round(ACROSS * video.height / video.width)
        for k, frame in enumerate(source.decode(video)):
            while count * EACH * video.average_rate < 1000 * (k + 1):
                if count % every == 0:
                    small = frame.reformat(ACROSS, height, "rgb24", interpolation="AREA")
                    yield Image.fromarray(small.to_ndarray())
                count += 1
