"""The user's own functions and classes, named WHERE:NAME, and errors that are theirs."""

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import ConstructionError, InputError, short_of_memory

#: Packages whose frames say nothing about who called them wrongly.
LIBRARIES = {"torch", "numpy", "scipy", "tqdm", *sys.stdlib_module_names} - {"__main__"}
PACKAGE = __name__.split(".")[0]


def is_reference(text: str) -> bool:
    """Whether the text has the form WHERE:NAME.

    >>> is_reference("net.py:build"), is_reference("mnist-5k"), is_reference("package.module:Net")
    (True, False, True)
    """
    where, colon, name = text.rpartition(":")
    return bool(where and colon) and name.isidentifier()


def import_callable(reference: str, purpose: str) -> Callable[..., Any]:
    """The function or class FILE.py:NAME or package.module:NAME, to give "a model", for messages.

    Raises:
        InputError: it is not of that form, not there, not callable, or its file fails.

    >>> import_callable("math:sqrt", "a root")(9)
    3.0
    """
    where, _, name = reference.rpartition(":")
    if not is_reference(reference):
        raise InputError(
            f"{purpose} as FILE.py:NAME or package.module:NAME",
            repr(reference),
            "NAME is a function or class in that file, as in net.py:build.",
        )
    if where.endswith(".py"):
        module = _module_of_file(Path(where))
    else:
        with as_input_errors(f"a module {where} that can be imported", all_errors=True):
            module = importlib.import_module(where)
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        there = [key for key, value in vars(module).items() if callable(value) and key[0] != "_"]
        raise InputError(
            f"a function or class {name!r} in {where}",
            "none" if function is None else type(function).__name__,
            f"It has {', '.join(sorted(there)[:8]) or 'none at all'}.",
        )
    return function


def call_user_code(
    reference: str, arguments: Mapping[str, Any] | Sequence[Any], purpose: str
) -> Any:
    """What the user's function returns for arguments by name or in order, or an InputError."""
    function = import_callable(reference, purpose)
    with as_input_errors(f"{reference} to return {purpose}", all_errors=True):
        if isinstance(arguments, Mapping):
            return function(**arguments)
        return function(*arguments)


@contextmanager
def as_input_errors(expected: str, *, all_errors: bool = False) -> Iterator[None]:
    """Turn an error in the user's code, or its exit, into an InputError with last line and place.

    The package's own errors pass, and a lack of memory. Any other is the user's if the innermost
    frame outside the `LIBRARIES` does not belong to this package, else it passes too; or, with
    `all_errors`, wherever it was raised.
    """
    try:
        yield
    except ConstructionError:
        raise
    except (Exception, SystemExit) as error:
        if short_of_memory(error):
            raise
        frames = [
            (frame.f_globals.get("__name__", "").split(".")[0], frame.f_code.co_filename, line)
            for frame, line in traceback.walk_tb(error.__traceback__)
        ]
        outside = [frame for frame in frames if frame[0] not in LIBRARIES]
        users = [frame for frame in outside if frame[0] != PACKAGE]
        if not all_errors and (not users or outside[-1] != users[-1]):
            raise
        last = " ".join(traceback.format_exception_only(error)[-1].split())
        raise InputError(
            expected, f"{last}{_place(error, users)}", "Mend it there, and try again."
        ) from error


def _place(error: BaseException, users: Sequence[tuple[str, str, int]]) -> str:
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})"
    return f" ({users[-1][1]}, line {users[-1][2]})" if users else ""


def _module_of_file(path: Path) -> ModuleType:
    """The module in a file, which may import its neighbours."""
    place = path.resolve()
    if not place.is_file():
        raise InputError(f"a file {path}", "no such file", "Name the file of your own code.")
    name = place.stem
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(place):
        return known
    name = name if known is None else f"{name}_in_{place.parent.name}"
    if str(place.parent) not in sys.path:
        sys.path.insert(0, str(place.parent))
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec is not None, "a file that ends in .py has a loader"
    assert spec.loader is not None, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with as_input_errors(f"{path} to be imported", all_errors=True):
            spec.loader.exec_module(module)
    except InputError:
        del sys.modules[name]
        raise
    return module
