"""The site as a reader has it: from disk, every link leads somewhere, nothing is requested."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("site")]


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """Built as `make docs` does, warnings as errors."""
    pytest.importorskip("sphinx", reason="needs the extra docs")
    place = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", str(place)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return place


class Links(HTMLParser):
    """What a page links to, what it loads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.anchors |= {known[key] for key in ("id", "name") if known.get(key)}
        if tag == "a" and known.get("href"):
            self.links.append(known["href"])
        elif tag != "a" and (found := known.get("src") or (tag == "link" and known.get("href"))):
            self.loads.append(found)


def parsed(site: Path) -> dict[Path, Links]:
    return {path: Links(path.read_text()) for path in site.rglob("*.html")}


def test_every_link_within_the_site_has_its_page_and_its_anchor(site):
    pages, broken = parsed(site), []
    for path, found in pages.items():
        for link in found.links:
            if link.startswith(("http:", "https:", "mailto:")):
                continue
            file, anchor = urldefrag(link)
            place = (path.parent / unquote(file)).resolve() if file else path
            known = pages[place].anchors if place in pages else {""}
            if not place.is_file() or unquote(anchor) not in known:
                broken.append(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 20
    assert not broken, "\n".join(broken)


def test_nothing_is_loaded_from_elsewhere(site):
    loaded = {one for found in parsed(site).values() for one in found.loads}
    assert len(loaded) > 20
    assert not [one for one in loaded if "//" in one]


def test_all_that_readme_and_pages_link_to_in_the_repository_is_there():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for file in (one for one in pages if one.parent.name != "_figures"):
        text = file.read_text()
        for target in (part.partition(")")[0] for part in text.split("](")[1:]):
            if not target.startswith(("http", "#", "<")):
                assert (file.parent / target.partition("#")[0]).exists(), f"{file.name}: {target}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_opens_from_disk_without_a_word_of_complaint(site, opened, theme, width):
    page = opened(site / "index.html", width=width, color_scheme=theme)
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        broken = page.evaluate(
            "[...document.images].filter(i => i.checkVisibility() && i.loading != 'lazy' "
            "&& !(i.complete && i.naturalWidth)).map(i => i.src)"
        )
        assert not broken, path.name
        if width == 390:  # what is too wide scrolls by itself, the page does not
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name


def test_formulas_are_drawn_and_the_figure_is_that_of_the_theme(site, opened):
    page = opened(site / "theory" / "theorem.html")
    heights = page.evaluate("[...document.querySelectorAll('math')].map(m => m.clientHeight)")
    assert len(heights) > 50
    assert min(heights) > 5
    for theme in ("light", "dark"):
        page = opened(site / "how-to" / "plot.html", color_scheme=theme)
        shown = page.evaluate(
            "[...document.images].filter(i => i.checkVisibility()).map(i => i.src)"
        )
        assert [name.rpartition("-")[2] for name in shown] == [f"{theme}.svg"]


def test_the_search_finds_a_word_without_a_server(site, opened):
    page = opened(site / "index.html")
    page.goto((site / "search.html").as_uri() + "?q=valley")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li").count() > 3
