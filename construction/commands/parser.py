"""What every command takes, with its help; read without torch."""

import argparse
from pathlib import Path
from typing import Any

from .options import DEFAULT, add

EXIT_CODES = """\
exit codes:
  0    done
  1    something that was given cannot be used; the message says what to do
  2    the command line itself makes no sense
  3    no path was constructed, as a condition fails; the answers are printed
  4    a path was constructed or recorded, but the check did not confirm it
  130  interrupted
"""
ENDS = "--initial first.safetensors --final trained.safetensors --data digits.npz"
#: By command: what it does, its first line in short, and the rest of an example.
WORDS = {
    "solve": (
        """Answer two questions, and construct, for weights of your own.

Does the theorem of Safran and Shamir apply to two sets of weights of one model, and does the sheet
over the path between them hold a path along which the objective strictly decreases? Where the
theorem applies, or for the profile valley where the sheet does, construct that path, check it with
the model itself in float64, and keep the result.""",
        f"--model net.py:build {ENDS} --profile valley",
    ),
    "certify": (
        """Check a result of `solve` again, from the weights.

The last layer is rescaled as the record says, the model runs in float64, and a certificate that
holds is kept in the record, unless its own has more points. Weights, data and loss are those that
it names, unless given. The model has to be given: code is not run because a file says so.""",
        "result.npz --model net.py:build --check 1001",
    ),
    "interpolate": (
        """Follow the straight line from one set of weights to another, and on beyond it.

Objective and error, also on test data, the least objective over all scales of the last layer, and
the constructed paths, under one or several treatments of batch normalisation.""",
        f"--model net.py:build {ENDS} --test test.npz",
    ),
    "trajectory": (
        """Measure how far a training strays from the line between its first and its last weights.

Along it and away from it, the length of the path and its angles, beside a random walk.""",
        "--checkpoint step-*.safetensors",
    ),
    "surface": (
        """Take the objective on a plane through trained weights.

Of random directions with the norms of the weights' filters, or of the directions in which the
checkpoints of the training lie most.""",
        "--model net.py:build --final trained.safetensors --data digits.npz --points 31",
    ),
    "plot": (
        """Draw a result or a named run.

Every curve joins the numbers of the record by straight lines. The caption is written beside the
figure, as FIGURE.txt.""",
        "mnist-mlp --route detour --theme dark --out detour.png",
    ),
    "explore": (
        """Write a result as a page in which lambda, c and the target are moved, and open it.

The page computes in the browser, needs nothing of the internet, and can be handed on as it is.""",
        "mnist-mlp --out lecture/explorer.html --no-open",
    ),
    "list": ("Show the named runs, how long each takes, and what exists of it.", ""),
    "run": ("Compute a named run and cache its record.", "digits-mlp"),
    "render": (
        """Render films in parallel, frame for frame as `manim render` does.

What is drawn is kept in FOLDER/.parts: the same command goes on after an interruption, and draws
anew what a change of the record, the code or an option has touched. Beside NAME.mp4 lie its
captions, NAME.srt, and NAME/, a video a section and their index.""",
        "path --run result.npz",
    ),
    "lecture": (
        """Make deck, slides, handout and films of a class hour.

A deck that plays in any browser without a network, the same as slides, a handout, the films of a
lesson plan with captions, stills, the explorer, notebooks for students, and a page of contents.""",
        "--quality h --theme light --aspect 4:3 --out stick/lecture",
    ),
}
LOOK = "quality aspect theme run jobs out"
INPUTS = "model model-args initial final checkpoint|bezier data"
RESULT = "out json quiet"
Command = argparse.ArgumentParser


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    form = argparse.RawDescriptionHelpFormatter
    whole = argparse.ArgumentParser(
        prog="python -m construction",
        description="Compute a path of weights along which the loss only goes down.",
        epilog=EXIT_CODES,
        formatter_class=form,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    of = {}
    for name, (text, more) in WORDS.items():
        example = f"example:\n  {whole.prog} {name} {more}".rstrip()
        of[name] = commands.add_parser(name, help=text.partition("\n")[0], formatter_class=form)
        of[name].description, of[name].epilog = text, f"{example}\n\n{EXIT_CODES}"
    _add_constructing(of["solve"], of["certify"])
    _add_measuring(of["interpolate"], of["trajectory"], of["surface"])
    _add_showing(of["plot"], of["explore"])
    of["run"].add_argument("name", help="of the run; `list` shows them")
    computing = "cpu (the default), cuda, ...; another gives other bits"
    add(of["run"], "computing", "fresh part device", device={"default": "cpu", "help": computing})
    of["render"].add_argument("names", nargs="*", metavar="NAME", help="of films: path, ...")
    add(of["render"], "films", f"all format {LOOK}", out=_file("media", "FOLDER"))
    add(of["lecture"], "lecture", f"plan {LOOK}", out=_file("media/lecture", "FOLDER"))
    return whole


def _add_constructing(solve: Command, certify: Command) -> None:
    add(solve, "model, weights and data", INPUTS)
    add(solve, "what is asked", "loss loss-option missing profile points head batch-norm")
    add(solve, "machine", "device memory dtype tf32")
    nothing = {"default": 101, "help": f"points of the check, 0 for none {DEFAULT}"}
    add(solve, "check and proof", "check prove proof", check=nothing)
    add(solve, "result", RESULT, out=_file("result.npz"))

    certify.add_argument("result", type=Path, metavar="RESULT.npz", help="written by solve")
    recorded = {name: {"required": False} for name in ("initial", "final", "data")}
    add(certify, "model, weights and data", INPUTS, **recorded)
    recorded_loss = {"default": None, "help": "as `solve` has it; the record's when not given"}
    add(certify, "what was asked", "loss loss-option missing device memory", loss=recorded_loss)
    own = {"help": "a record of its own, not RESULT.npz itself"}
    alone = f"points at most; while lambda runs, of the record's grid alone {DEFAULT}"
    add(certify, "result", f"check {RESULT}", check={"default": 1001, "help": alone}, out=own)


def _add_measuring(interpolate: Command, trajectory: Command, surface: Command) -> None:
    add(interpolate, "model, weights and data", "model model-args initial final data test")
    several = {"nargs": "+", "choices": ("interpolate", "recompute", "batch"), "default": ["none"]}
    several["help"] = "what becomes of running statistics; several stand side by side"
    names = "loss loss-option missing farthest points also batch-norm device memory"
    alphas = {"default": 21, "help": f"alphas on [0, 1] {DEFAULT}"}
    add(interpolate, "what is asked", names, batch_norm=several, points=alphas)
    add(interpolate, "result", RESULT, out=_file("line.npz"))

    ordered = {"required": True, "help": "the weights in order, from the first to the last"}
    without = {"required": False}
    add(trajectory, "weights", "checkpoint model model-args", checkpoint=ordered, model=without)
    add(trajectory, "result", RESULT, out=_file("trajectory.npz"))

    of_training = {"default": [], "help": "weights of the training, from its first on"}
    names = "model model-args final checkpoint data"
    add(surface, "model, weights and data", names, checkpoint=of_training)
    names = "loss loss-option missing plane normalise points reach seed batch-norm folder"
    across = {"default": 51, "help": f"along each axis {DEFAULT}"}
    add(surface, "what is asked", f"{names} device memory", points=across)
    add(surface, "result", RESULT, out=_file("surface.npz"))


def _add_showing(plot: Command, explore: Command) -> None:
    shown = "a record, or the name of a run that has been computed"
    for command in (plot, explore):
        command.add_argument("result", metavar="RESULT", help=shown)
    some = {"nargs": "+", "choices": None, "default": None, "metavar": "NAME"}
    some["help"] = "the constructed paths to draw; all of the record when not given"
    figure = {"help": ".pdf, .svg or .png (default: RESULT.pdf in this folder)"}
    names = "out route profile theme width linear caption"
    add(plot, "figure", names, profile=some, theme={"default": "light"}, out=figure)
    add(explore, "page", "out no-open", out={"help": "default: RESULT.html in this folder"})


def _file(default: str, metavar: str = "FILE.npz") -> dict[str, Any]:
    """What --out is by default."""
    return {"default": Path(default), "metavar": metavar}
