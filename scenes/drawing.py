"""One process of several that draw a film: it performs all, and draws what it takes.

An animation that another draws is passed over: its end is taken at once, and no frame is drawn. So
each process comes to every animation with the same mobjects at the same time as if it had drawn
all, as long as updaters without `dt` depend on the state of the scene alone.
"""

import os
import shutil
import signal
import sys
from importlib import import_module
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from manim import Scene, tempconfig
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter
from manim.scene.video_segment_encoder import VideoSegmentEncoder
from PIL import Image

from construction.errors import ConstructionError
from scenes import source
from scenes.gif import write_gif
from scenes.parallel import MOST, Film, Share


class WholeSegment(VideoSegmentEncoder):
    """The video of an animation, which is there when it is whole."""

    def __init__(self, *, target: Path, spec: Any) -> None:
        self.place = target
        super().__init__(target=target.with_suffix(f".{os.getpid()}"), spec=spec)

    def finish(self) -> None:
        """Close it, and give it its name."""
        super().finish()
        os.replace(self.target, self.place)


class Writer(SceneFileWriter):
    """Names the video of every animation by its number, whether it is drawn here or not."""

    def add_partial_movie_file(self, hash_animation: str | None) -> None:
        """Put the next video into its place among the others."""
        super().add_partial_movie_file(f"{len(self.partial_movie_files):05}")

    def _create_segment_encoder(self, target: Path) -> VideoSegmentEncoder:
        return WholeSegment(target=target, spec=self.video_encoder)


class Renderer(CairoRenderer):
    """Draws the animations that it can take, and passes over all others.

    Without a share it draws nothing, and sees what there is to draw: `frames` of each animation.
    """

    def __init__(self, share: Share | None) -> None:
        super().__init__(file_writer_class=Writer)
        self.share = share
        self.frames: list[int] = []
        self.time = 0.0

    def init_scene(self, scene: Scene, *args: Any) -> None:
        """Take the camera that the scene asks for, as manim does."""
        self.camera = scene.camera_class()
        super().init_scene(scene, *args)

    def update_skipping_status(self) -> None:
        """Decide whether to draw the next animation."""
        super().update_skipping_status()
        parent = parent_process()
        if parent is not None and not parent.is_alive():
            raise SystemExit("the process that asked for the film is gone")
        place = self.file_writer.output_plan.segment_path(f"{self.num_plays:05}")
        if not (self.share and not place.exists() and self.share.take(self.num_plays)):
            self.skip_animations = True

    def play(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """Play an animation; the time after it is the same whether it is drawn or not."""
        began: float = self.time
        super().play(scene, *args, **kwargs)
        step = 1 / self.camera.frame_rate
        frozen = scene.is_current_animation_frozen_frame()
        self.frames.append(
            int(scene.duration / step) if frozen else len(np.arange(0, scene.duration, step))
        )
        if self.skip_animations:
            scene.update_mobjects(0)
            self.time = began
            for _ in range(1 if frozen else self.frames[-1]):  # rounded as when it is drawn
                self.time += (self.frames[-1] if frozen else 1) * step

    def update_frame(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """Draw a frame of an animation that is not passed over."""
        if not self.skip_animations:
            super().update_frame(scene, *args, **kwargs)

    def add_frame(self, frame: Any, num_frames: int = 1) -> None:
        """Write a frame, and count it."""
        super().add_frame(frame, num_frames)
        if self.share is not None and not self.skip_animations:
            self.share.count(num_frames)

    def scene_finished(self, scene: Scene) -> None:
        """Wait for the videos begun here; they are joined when all are there."""
        self.file_writer.join_all_encode_jobs()


def draw(film: Film, share: Share, leads: bool) -> None:
    """Draw a share of a film; the process that leads rehearses it before, and joins it after.

    Only the first reads the record when it may have to be made, and compiles the words.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked ends this one,
    signal.signal(signal.SIGTERM, _leave)  # and so what it has begun
    scene = scene_of(f"{__package__}.{film.name}")
    with tempconfig(film.settings):
        try:
            if leads:
                source.advance = share.make if sys.stderr.isatty() else None
                rehearsal = performed(scene, None)
                share.total.value = _missing(film, rehearsal)
                share.rehearsed.set()
            share.rehearsed.wait()
            if film.printed and share.take(MOST - 1):
                theme, os.environ["CONSTRUCTION_THEME"] = os.environ["CONSTRUCTION_THEME"], "light"
                last_pictures(film)
                os.environ["CONSTRUCTION_THEME"] = theme
            os.makedirs(film.settings["tex_dir"], exist_ok=True)  # of a film without words
            with TemporaryDirectory() as words:  # manim writes beside what it reads there
                shutil.copytree(film.settings["tex_dir"], words, dirs_exist_ok=True)
                with tempconfig({"tex_dir": words}):
                    performed(scene, share)
            share.ended.wait()
            if leads:
                rehearsal.renderer.file_writer.finish()
                if film.format == "gif":
                    write_gif(film.place.with_suffix(".mp4"), film.place)
                shutil.copy(film.parts / "stamp", film.parts / "joined")
        except ConstructionError as error:
            share.failures.put(error)


def _leave(*_: Any) -> None:
    """End at once, and what is being computed: an exception may be lost in a weak reference."""
    for process in source.computing:
        process.terminate()
    os._exit(128 + signal.SIGTERM)


def scene_of(module: str) -> type[Scene]:
    """The scene of a module."""
    for found in vars(import_module(module)).values():
        if isinstance(found, type) and "construct" in vars(found) and found.__module__ == module:
            return found
    raise AssertionError(f"{module} has a class with a method `construct`")


def performed(scene: Any, share: Share | None) -> Scene:
    """The scene when it is over; what runs by the clock takes its every step, drawn or not."""

    class Performance(scene):
        def get_time_progression(self, *args: Any, **options: Any) -> Any:
            timed = any(one.has_time_based_updater() for one in self.get_mobject_family_members())
            options.setdefault("override_skip_animations", timed or bool(self.updaters))
            return super().get_time_progression(*args, **options)

    performance: Scene = Performance(renderer=Renderer(share))
    performance.render()
    return performance


def last_pictures(film: Film) -> list[Path]:
    """Write the last picture of every section, NAME/SECTION.png, and draw no frame between."""
    places: list[Path] = []
    scene: Any = scene_of(f"{__package__}.{film.name}")

    class Sections(scene):
        def next_section(self, name: str = "", *args: Any, **kwargs: Any) -> None:
            self.take()
            places.append(film.out / film.name / f"{name}.png")
            super().next_section(name, *args, **kwargs)

        def tear_down(self) -> None:
            self.take()
            super().tear_down()

        def take(self) -> None:
            if self.time:
                self.camera.reset()
                self.camera.capture_mobjects(self.mobjects)
                Image.fromarray(self.camera.pixel_array).convert("RGB").save(places[-1])

    (film.out / film.name).mkdir(exist_ok=True)
    with TemporaryDirectory() as words, tempconfig({**film.settings, "tex_dir": words}):
        performed(Sections, None)
    return places


def _missing(film: Film, rehearsal: Scene) -> int:
    """Frames that are not drawn yet; what shows another record, code or look is thrown away."""
    film.parts.mkdir(parents=True, exist_ok=True)
    (film.parts / "joined").unlink(missing_ok=True)
    stamp, wanted = film.parts / "stamp", film.stamp(source.read)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(film.parts)
        film.parts.mkdir()
        for printed in (film.out / film.name).glob("*.png"):
            printed.unlink()
        stamp.write_text(wanted)
    for file in film.parts.iterdir():
        if file.suffix[1:].isdigit():  # of a process that was ended
            file.unlink()
    plan = rehearsal.renderer.file_writer.output_plan
    return sum(
        frames
        for k, frames in enumerate(rehearsal.renderer.frames)
        if not plan.segment_path(f"{k:05}").exists()
    )
