"""A process that a test starts, and that ends with it.

But where the test's time limit ends the whole worker, by `os._exit`, it is left running.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def started(command: list[str], **options) -> Iterator[subprocess.Popen]:
    """The process; a test that fails kills it, where leaving a `Popen` would wait for its end."""
    with subprocess.Popen(command, text=True, **options) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise
