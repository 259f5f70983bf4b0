"""Pages in a browser without a screen, opened from disk: no request leaves, and nothing goes wrong.

Chromium is the one found on the PATH; tests are skipped where it, or playwright, is missing.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

#: What a page from disk may ask for: itself, and what it made.
OWN = ("file:", "blob:", "data:")


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("needs Chromium on the PATH")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium) -> Iterator:
    """Opens a file; afterwards it has asked for nothing else and had no error."""
    contexts, wrong = [], []

    def told(message) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    def asked(request) -> None:
        if not request.url.startswith(OWN):
            wrong.append(f"a request for {request.url}")

    def opening(place: Path, width: int = 1280, height: int = 720, **options):
        size = {"width": width, "height": height}
        contexts.append(chromium.new_context(viewport=size, **options))
        page = contexts[-1].new_page()
        page.on("console", told)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", asked)
        page.goto(place.resolve().as_uri())
        return page

    yield opening
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)
