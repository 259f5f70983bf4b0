"""The floors of the house, and who imports whom, read from the source.

    python -m tests.floors      draws docs/floors.svg

Every import counts: those inside functions and those for type checkers alone too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PACKAGE = "construction"
DRAWING = ROOT / "docs" / "floors.svg"

#: From the top, with what each is for. A room imports from its own and from floors before it; two
#: rooms of one floor do not know each other.
FLOORS = {
    "errors arrays palette progress symbolic": "messages, array types, colours, bars, formulas",
    "answers": "conditions, certificate and proof as plain values",
    "draw": "figures for print, from arrays",
    "loss": "losses convex in the prediction, each with its rays",
    "network": "linear heads, architectures, initialisations",
    "path": "base paths W(λ): Line, Polyline, Bezier",
    "files": "archives, cache folder, checksums, weights",
    "sheet": "g(λ, c): minimum, branches, roots",
    "condition": "what a sheet allows",
    "profile": "decreasing targets v(λ)",
    "forward": "outputs along a path, a method a file",
    "solve": "the scale c(λ), and the path that travels by it",
    "record": "what scenes read, without torch",
    "explore": "a record as a page to play with",
    "check proof": "two judges that do not know each other",
    "theorem": "construct, assess, with_profile",
    "search": "better base paths",
    "data": "images by name",
    "training": "real weights, from a recipe",
    "experiments": "what is measured beside the theorem, a folder each",
    "lecture": "deck, slides and handout of a class hour",
    "commands": "the command line",
    "__main__": "",
}
#: Shares no code with anything.
APART = "recheck"


class Import(NamedTuple):
    """One name that a module imports from another of the package."""

    file: Path
    line: int
    module: str
    imported: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.imported}"


def imports(root: Path = ROOT) -> list[Import]:
    """All imports between modules of the package below a folder."""
    paths = sorted((root / PACKAGE).rglob("*.py"))
    files = {path: dotted(path.relative_to(root)) for path in paths}
    known = set(files.values())
    return [
        Import(path.relative_to(root), node.lineno, module, target)
        for path, module in files.items()
        for node in ast.walk(ast.parse(path.read_text()))
        for target in targets(node, module, path.name == "__init__.py", known)
        if target != module
    ]


def targets(node: ast.AST, module: str, is_package: bool, known: set[str]) -> Iterator[str]:
    """The modules of the package that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in known)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = module.split(".")[: None if is_package else -1]
            above = parts[: len(parts) - node.level + 1]
            base = ".".join([*above, *([base] if base else [])])
        for alias in node.names:
            name = f"{base}.{alias.name}"
            if name in known:
                yield name
            elif base in known:
                yield base


def dotted(path: Path) -> str:
    """The name of a module.

    >>> dotted(Path("construction/sheet/__init__.py"))
    'construction.sheet'
    """
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def room(module: str) -> str:
    """The folder or file right below the package; empty for the package itself."""
    return [*module.split("."), ""][1]


LEVELS = {name: level for level, names in enumerate(FLOORS) for name in names.split()}


def broken_rule(one: Import) -> str | None:
    """Which rule an import breaks, if one."""
    here, there = room(one.module), room(one.imported)
    if here == there:
        return sibling_rule(one)
    if APART in (here, there):
        return f"{APART} stands apart: it imports nothing of the package, and nobody imports it"
    if not there:
        return "the package itself only names what its rooms hold"
    for name in (here, there):
        if name not in LEVELS:
            return f"{name} has no floor: give it one in tests/floors.py"
    if LEVELS[there] >= LEVELS[here]:
        return f"{here} imports only from floors above it, which {there} is not"
    return None


def sibling_rule(one: Import) -> str | None:
    """An experiment's folder imports common parts, and others' folders only where it builds on."""
    here, there = (module.split(".")[2:] for module in (one.module, one.imported))
    if room(one.module) != "experiments" or len(here) < 2 or len(there) < 2:
        return None
    if here[0] == there[0]:
        return None
    return f"the experiment {here[0]} does not build on {there[0]}"


def circle(edges: Mapping[str, set[str]]) -> list[str]:
    """A circle of modules that import each other, from one round to the same; empty without.

    >>> circle({"a": {"b"}, "b": {"c"}, "c": {"b"}})
    ['b', 'c', 'b']
    """
    done: set[str] = set()
    for start in edges:
        path: list[str] = []
        stack = [(start, iter(sorted(edges.get(start, ()))))]
        while stack:
            node, rest = stack[-1]
            if len(path) < len(stack):
                path.append(node)
            following = next(rest, None)
            if following is None:
                done.add(path.pop())
                stack.pop()
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                stack.append((following, iter(sorted(edges.get(following, ())))))
    return []


def longest_chain(edges: Mapping[str, set[str]]) -> list[str]:
    """The longest chain of imports, which has no circle.

    >>> longest_chain({"a": {"b", "c"}, "b": {"c"}})
    ['a', 'b', 'c']
    """
    longest: dict[str, list[str]] = {}

    def below(node: str) -> list[str]:
        if node not in longest:
            tails = [below(one) for one in sorted(edges.get(node, ()))]
            longest[node] = [node, *max(tails, key=len, default=[])]
        return longest[node]

    return max((below(node) for node in edges), key=len)


def edges(found: list[Import]) -> dict[str, set[str]]:
    """Whom each module imports."""
    gathered: dict[str, set[str]] = {}
    for one in found:
        gathered.setdefault(one.module, set()).add(one.imported)
    return gathered


ROW, LEFT, TOP, INK, PALE, MARK = 30, 480, 120, "#1a1a1a", "#e6e6e6", "#0072B2"


def drawing(found: list[Import]) -> str:
    """The floors from top to bottom; a mark in a column: imports from that floor.

    All marks lie below the diagonal, as each floor imports only from those above it.
    """
    floors = [(names, says) for names, says in FLOORS.items() if says]
    used = {
        (LEVELS[room(one.module)], LEVELS[room(one.imported)])
        for one in found
        if {room(one.module), room(one.imported)} <= LEVELS.keys()
    }
    size = ROW * len(floors)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + size + 90} '
        f'{TOP + size + 50}" font-family="sans-serif" font-size="13" fill="{INK}">',
        "<title>The floors of the package: each imports only from those above it</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for k, (names, says) in enumerate(floors):
        y, label = TOP + ROW * k, ", ".join(names.split())
        x = LEFT + ROW * (k + 0.5)
        lines += [
            f'<text x="10" y="{y + 14}" font-weight="bold">{label}</text>',
            f'<text x="10" y="{y + 26}" font-size="11" fill="#595959">{says}</text>',
            f'<text transform="translate({x + 4} {TOP - 8}) rotate(-60)">{label.split(",")[0]}'
            f"{' …' if ',' in label else ''}</text>",
            f'<line x1="10" x2="{LEFT + size}" y1="{y}" y2="{y}" stroke="{PALE}"/>',
            f'<rect x="{LEFT + ROW * k}" y="{y}" width="{ROW}" height="{ROW}" fill="{PALE}"/>',
        ]
        lines += [
            f'<circle cx="{LEFT + ROW * (j + 0.5)}" cy="{y + ROW / 2}" r="6" fill="{MARK}"/>'
            for j in range(len(floors))
            if j != k and (k, j) in used
        ]
    lines += [
        f'<text x="10" y="{TOP + size + 24}" font-size="11" fill="#595959">A mark: the floor of '
        "the row imports from the floor of the column. recheck (proofs verified anew) and scenes "
        "(films) stand apart.</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DRAWING.write_text(drawing(imports()))
    print(DRAWING.relative_to(ROOT))
