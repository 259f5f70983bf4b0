"""What the findings of a run claim, and whether another result of it bears that out.

Training multiplies rounding, so that another processor gives other numbers. A sentence of a finding
therefore has in brackets what this one result measured; what stands outside them is claimed
wherever the run is computed.
"""

import re

#: Brackets behind a space, in which others may lie.
MEASURED = re.compile(r" \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
#: Up to which share of a whole the words are used; chosen here.
FEW, SOME = 0.1, 0.5


def claims(finding: str) -> list[str]:
    """The sentences of a finding, without what was measured.

    >>> claims("The line rises on some seeds (3 of 5, by 0.2 at most). It ends below L(0).")
    ['The line rises on some seeds.', 'It ends below L(0).']
    """
    return re.split(r"(?<=\.) ", MEASURED.sub("", finding))


def of_all(count: int, total: int, thing: str, note: str = "") -> str:
    """How many of all: in a word, which is claimed, and in brackets in numbers, with a note.

    >>> of_all(0, 9, "line"), of_all(28, 30, "line"), of_all(5, 5, "seed", "by 0.2 at most")
    ('no line (0 of 9)', 'most lines (28 of 30)', 'every seed (5 of 5; by 0.2 at most)')
    """
    share = count / total
    word = "few" if share <= FEW else "some" if share <= SOME else "most"
    if count in (0, total):
        word = "every" if count else "no"
    things = f"{thing}s" if 0 < count < total else thing
    return f"{word} {things} ({count} of {total}{'; ' if note else ''}{note})"


def most_of(share: float) -> str:
    """A share in words that claim little.

    >>> most_of(0.75), most_of(0.5)
    ('most', 'at most half')
    """
    return "most" if share > 0.5 else "at most half"


def standing(mine: str, other: str, which: str) -> str:
    """Whether a new result's finding bears out every sentence of an "earlier" or "shipped" one's.

    >>> standing("The line rises on no seed (0 of 5).", "The line rises on few seeds.", "shipped")
    '1 of 1 sentences of the shipped findings do not hold: The line rises on few seeds.'
    """
    wanted = claims(other)
    lost = [sentence for sentence in wanted if sentence not in claims(mine)]
    if not lost:
        return f"every sentence of the {which} findings holds ({len(wanted)})"
    return (
        f"{len(lost)} of {len(wanted)} sentences of the {which} findings do not hold: "
        f"{' '.join(lost)}"
    )
