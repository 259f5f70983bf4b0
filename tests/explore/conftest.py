"""The page of a record in a browser."""

from collections.abc import Callable

import pytest

from construction.explore.page import page_of
from construction.record.record import Record


@pytest.fixture
def shown(opened, tmp_path) -> Callable:
    """Opens the page of a record, once it is drawn."""

    def show(record: Record, **options):
        place = tmp_path / "page.html"
        place.write_text(page_of(record), encoding="utf-8")
        page = opened(place, **options)
        page.wait_for_selector("body[data-ready]")
        return page

    return show
