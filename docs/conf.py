"""The site, built by ``make docs``: everything in it is read from disk, without any request.

Formulas are MathML, which browsers draw themselves. The figures of the gallery are drawn while the
site is built, from the records that the package ships, with the command that stands beside them.
"""

import re
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS.parent))

from construction.__main__ import main  # noqa: E402 - the package of this checkout
from construction.experiments.kept import SHIPPED  # noqa: E402 - and the records that it ships

project = author = html_title = "construction"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_figures"]
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings say what may be given
napoleon_use_ivar = True
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = html_show_copyright = html_domain_indices = False
html_show_search_summary = False  # the words around what was found would have to be requested

#: Drawn anew by each build.
FIGURES = DOCS / "_figures"


def draw(app: Sphinx) -> None:
    """The figures of all shipped records in both themes, and a page of them for the gallery."""
    FIGURES.mkdir(exist_ok=True)
    page = []
    for record in sorted(SHIPPED.glob("*.npz")):
        name = record.stem
        page += [f"### Figure: {name}\n", f"```sh\npython -m construction plot {name}\n```\n"]
        for theme in ("light", "dark"):
            place = FIGURES / f"{name}-{theme}.svg"
            with redirect_stdout(StringIO()):
                if main(["plot", str(record), "--theme", theme, "--out", str(place)]):
                    raise SystemExit(f"the figure of {name} was not drawn")
            page.append(f":::{{image}} /_figures/{place.name}\n:class: only-{theme}\n:::\n")
        caption = place.with_suffix(".txt").read_text(encoding="utf-8")
        page.append(re.sub(r"([*_`$<\\])", r"\\\1", caption))
    draw_example()
    (FIGURES / "all.md").write_text("\n".join(page), encoding="utf-8")


def draw_example() -> None:
    """The figure of the result that the script of a page makes, from that script as it stands."""
    page = (DOCS / "how-to" / "own-model.md").read_text(encoding="utf-8")
    script = page.split("```python\n")[1].partition("```")[0]
    with TemporaryDirectory() as folder, chdir(folder), redirect_stdout(StringIO()):
        exec(script, {})
        for theme in ("light", "dark"):
            if main(["plot", "result.npz", "--theme", theme, "--out", f"{theme}.svg"]):
                raise SystemExit("the figure of the example was not drawn")
            copy(f"{theme}.svg", FIGURES / f"own-model-{theme}.svg")


def as_mathml(block: bool) -> Callable[..., None]:
    """What writes a formula as MathML, in a line or by itself."""

    def visit(writer: nodes.NodeVisitor, node: nodes.Element) -> None:
        writer.body.append(tex2mathml(node.astext(), as_block=block))
        raise nodes.SkipNode

    return visit


def setup(app: Sphinx) -> None:
    """Register what is above."""
    app.connect("builder-inited", draw)
    app.add_html_math_renderer("mathml", (as_mathml(False), None), (as_mathml(True), None))
