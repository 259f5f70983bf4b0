"""Progress bars: tqdm's where it is installed, else silent ones that are used alike."""

from threading import RLock
from typing import Any

try:
    from tqdm import tqdm as tqdm
except ModuleNotFoundError:

    class tqdm:  # type: ignore[no-redef]  # noqa: N801 - stands in for the class of this name
        """Shows nothing; has what this package asks of a bar."""

        def __init__(self, iterable: Any = (), *_: Any, **__: Any) -> None:
            self.iterable, self.n = iterable, 0.0

        def __iter__(self) -> Any:
            return iter(self.iterable)

        def __enter__(self) -> "tqdm":
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is to be put away."""

        def update(self, steps: float = 1.0) -> None:
            """Count the steps."""
            self.n += steps

        def set_postfix(self, **_: Any) -> None:
            """Nothing is shown behind the bar."""

        refresh = set_postfix


def lock_alone() -> None:
    """Let bars of this process take turns among its threads alone.

    The lock that tqdm has for several processes is a semaphore with a name, which a process that is
    ended from outside leaves behind.
    """
    if hasattr(tqdm, "set_lock"):
        tqdm.set_lock(RLock())
