"""Differences of two figures, worked out by code: "By how much did it grow between March and September?".

No article holds such a figure, so a model that keeps to the articles cannot give it, and a small one guesses.
The two figures are found as those of a comparison are (`qa.comparison`), and shown beside the difference.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qa.claims import Number
from qa.comparison import Comparison, two_figures
from qa.models import Evidence, Worked
from qa.reader import Reader
from qa.text import stem, words

_UP = "grow|grown|rise|risen|increase|increased|climb|climbed|go up|gone up|jump|jumped"
_DOWN = (
    "fall|fallen|drop|dropped|shrink|shrunk|decrease|decreased|decline|declined|come down|go down|gone down|be cut"
)
_ANY = "change|changed|differ|differed|be revised"
_MORE = "more than|higher than|larger than|bigger than|greater than|above|over"
_LESS = "less than|lower than|smaller than|fewer than|cheaper than|below|under"
_HOW = r"(?:by )?how (?:much|many)"
_ENDS = r"(?:between (?P<first>.+?) and|from (?P<start>.+?) to) (?P<last>.+)"
# "By how much did the cost grow between the vote in March and the papers of September?"
_OVER_TIME = re.compile(
    rf"^{_HOW}\b(?P<unit>[^,?]*?)\s(?:did|has|have|had) (?P<about>.+?) "
    rf"(?:(?P<up>{_UP})|(?P<down>{_DOWN})|{_ANY})\b.*?\s{_ENDS}$",
    re.IGNORECASE,
)
# "By how many hectares is the new estimate smaller than the first?"
_THAN = re.compile(
    rf"^by how (?:much|many)\b(?P<unit>[^,?]*?)\s(?:is|was|are|were) (?P<left>.+?) "
    rf"(?:(?P<up>{_MORE})|(?:{_LESS})) (?P<right>.+)$",
    re.IGNORECASE,
)
# "How many tonnes above the advice of the biologist was the limit?"
_ABOVE = re.compile(
    rf"^how (?:much|many|far)\b(?P<unit>[^,?]*?)\s(?:(?P<up>{_MORE})|(?:{_LESS})) (?P<right>.+?) "
    r"(?:is|was|are|were) (?P<left>.+)$",
    re.IGNORECASE,
)
# "By how much did the bill exceed the estimate?"
_EXCEED = re.compile(
    r"^by how (?:much|many)\b(?P<unit>[^,?]*?)\s(?:did|does|do|has|have|had) (?P<left>.+?) "
    r"(?:(?P<up>exceed|exceeded|surpass|surpassed|top|topped)|(?:undercut|fall short of|fallen short of)) "
    r"(?P<right>.+)$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"^what (?:is|was) the (?:difference|gap)\b(?P<about>.*?)\sbetween (?P<left>.+?) and (?P<right>.+)$",
    re.IGNORECASE,
)
_SCALES = ((Decimal(10) ** 12, "trillion"), (Decimal(10) ** 9, "billion"), (Decimal(10) ** 6, "million"))
_MOST_PLACES = 3  # decimals of a figure in millions; one with more is written out


@dataclass(frozen=True, slots=True)
class Difference:
    """A question for the difference of two figures.

    Attributes:
        sides: the two things; what the left one counts more than the right one is asked for.
        expected: 1 where the question takes the left one for the larger, -1 for the smaller, 0 for neither.
    """

    sides: Comparison
    expected: int


def difference_of(question: str) -> Difference | None:
    """Take a question apart that asks by how much two figures differ; None for any other."""
    text = question.strip().rstrip("?").strip()
    if (match := _OVER_TIME.match(text)) is not None:
        about, first = match["about"], match["first"] or match["start"]
        expected = 1 if match["up"] else -1 if match["down"] else 0
        return _asked(f"{about} {match['last']}", f"{about} {first}", match["unit"], expected)
    if (match := _THAN.match(text) or _ABOVE.match(text) or _EXCEED.match(text)) is not None:
        return _asked(match["left"], match["right"], match["unit"], 1 if match["up"] else -1)
    if (match := _BETWEEN.match(text)) is not None:
        about = match["about"].removeprefix(" in ")
        return _asked(f"{about} {match['left']}".strip(), f"{about} {match['right']}".strip(), "", 0)
    return None


def _asked(left: str, right: str, unit: str, expected: int) -> Difference:
    counted = [stem(word) for word in words(unit)]
    return Difference(Comparison(left, right, "", expected >= 0, counted[-1] if counted else ""), expected)


def worked_out(
    asked: Difference, sentences_on: Callable[[str], Sequence[Evidence]], reader: Reader | None = None
) -> tuple[Worked, list[Evidence]] | None:
    """Work out a difference.

    Args:
        asked: what is asked.
        sentences_on: gives sentences on something, best first, scored.
        reader: tells which figure of a sentence is meant; None: the first that counts.

    Returns:
        The difference and the sentences of the two figures; None where no two of one kind are found, or as of
        `subtracted`.
    """
    found = two_figures(asked.sides, sentences_on, reader)
    if found is None:
        return None
    one, other = found
    worked = subtracted(asked, one.figure, other.figure, one.kind, one.item.text)
    return (worked, [one.item, other.item]) if worked is not None else None


def subtracted(asked: Difference, one: Number, other: Number, kind: str, text: str) -> Worked | None:
    """Subtract two figures.

    Args:
        asked: the question.
        one: of its left side.
        other: of its right side.
        kind: what both count (`qa.bindings.figures_of`).
        text: that has the word for it.

    Returns:
        The difference; None where they are the same, or differ the other way round than the question says.
    """
    difference = one.value - other.value
    if not difference or difference * asked.expected < 0:
        return None
    large, small = sorted((one.value, other.value), reverse=True)
    return Worked(_with_unit(large - small, kind, text), f"{_written(large)} − {_written(small)}")


def _with_unit(value: Decimal, kind: str, text: str) -> str:
    """Write a figure with what it counts, in the word of a text: "86 million crowns", "$3", "2 points"."""
    if kind == "%":
        return f"{_written(value)} percentage points"
    if kind and kind in "$€£¥":
        return f"{kind}{_written(value)}"
    unit = next((word for word in words(text) if stem(word) == kind), "")
    return f"{_written(value)} {unit}".strip()


def _written(value: Decimal) -> str:
    for scale, name in _SCALES:
        scaled = (value / scale).normalize()
        if value >= scale and -int(scaled.as_tuple().exponent) <= _MOST_PLACES:
            return f"{scaled:f} {name}"
    return f"{value.normalize():,f}"
