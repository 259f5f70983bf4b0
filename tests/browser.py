"""Pages in a browser without a screen, opened from disk: no request leaves, and nothing goes wrong.

Chromium is the one found on the PATH; tests are skipped where it, or playwright, is missing.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

#: What a page from disk may ask for: itself, and what it made.
OWN = ("file:", "blob:", "data:", "about:")


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

    def said(message) -> None:
        if message.type in ("error", "warning"):
            wrong.append(message.text)

    def asked(request) -> None:
        if not request.url.startswith(OWN):
            wrong.append(f"a request for {request.url}")

    def opening(place: Path, width: int = 1280, height: int = 720, **options):
        size = {"width": width, "height": height}
        context = chromium.new_context(viewport=size, offline=True, **options)
        contexts.append(context)
        context.on("console", said)  # of windows that the page opens too
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("request", asked)
        page = context.new_page()
        page.goto(place.resolve().as_uri())
        return page

    yield opening
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)
