"""A film as pages show it: a small, slow GIF in colours of its own, or a WebM of all its pixels."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.filter import Graph

#: Pixels across, and frames a second: a GIF counts in hundredths of a second.
ACROSS, RATE = 640, Fraction(25, 2)


def write_gif(film: Path, place: Path) -> None:
    """Write a film's frames as a GIF.

    Manim's own, of 256 fixed colours and dithered, is thirty times as large.
    """
    with av.open(str(film)) as source, av.open(str(place), "w", format="gif") as target:
        written = None
        for k, frame in enumerate(_reduced(source)):
            if written is None:
                written = target.add_stream("gif", rate=RATE)
                written.width, written.height = frame.width, frame.height
                written.pix_fmt, written.time_base = "pal8", 1 / RATE
            frame.pts, frame.time_base = k, 1 / RATE
            target.mux(written.encode(frame))
        if written is not None:
            target.mux(written.encode())


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


def _reduced(source: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    """The frames at that size and rate, in the 256 colours that suit the whole film best."""
    graph = Graph()
    steps = [
        graph.add_buffer(template=source.streams.video[0]),
        graph.add("fps", f"fps={RATE}"),
        graph.add("scale", f"{ACROSS}:-2:flags=lanczos"),
        graph.add("split"),
    ]
    colors = graph.add("palettegen")
    applied = graph.add("paletteuse", "dither=none:diff_mode=rectangle")
    for one, other in pairwise([*steps, colors]):
        one.link_to(other)
    steps[-1].link_to(applied, 1, 0)
    colors.link_to(applied, 0, 1)
    applied.link_to(graph.add("buffersink"))
    graph.configure()
    for frame in source.decode(video=0):
        graph.push(frame)
    graph.push(None)
    while True:
        try:
            yield graph.vpull()
        except av.error.EOFError:
            return
