"""Units of measure: an answer in tonnes does not say how many people."""

import re
from collections.abc import Collection, Sequence

from qa.bindings import figures_of
from qa.claims import Number, numbers
from qa.text import stem

_DIMENSIONS = {
    "time": "second minute hour day week fortnight month year decade century",
    "money": "$ € £ ¥ dollar euro pound cent penny pence yen yuan rupee krona krone crown franc",
    "length": "millimetre millimeter centimetre centimeter metre meter kilometre kilometer km mile yard foot inch",
    "area": "hectare acre",
    "mass": "gram kilogram kilo kg tonne ton ounce",
    "volume": "litre liter gallon barrel",
    "power": "watt kilowatt megawatt gigawatt",
    "degree": "degree",
}
_DIMENSION_OF = {stem(unit): name for name, units in _DIMENSIONS.items() for unit in units.split()}
_HOW_MANY = re.compile(
    r"\bhow many (?:more |fewer |other |new |of the |of its |of their "
    r"|(?:hundred|thousand|million|billion|trillion)(?:s of)? )*"
    r"(?P<thing>[a-z]+)\b",
    re.IGNORECASE,
)


def measures_otherwise(question: str, text: str, evidence: Sequence[str] = ()) -> bool:
    """Tell whether a text gives figures in units alone that measure something else than a question counts.

    Args:
        question: "How many people ...?", "How many kilometres ...?"; of any other, nothing is told.
        text: an answer. Figures that the question holds already do not count.
        evidence: where the same figures may have other units: "nine days recording foghorns" is not nine foghorns.

    Returns:
        False where a figure counts no unit of measure: "1,300 workers" may be how many dockers.
    """
    asked = _HOW_MANY.search(question)
    if asked is None:
        return False
    given = set(numbers(text)) - set(numbers(question))
    wanted = _DIMENSION_OF.get(stem(asked["thing"].lower()), "")
    own, theirs = _dimensions(given, [text]), _dimensions(given, evidence)
    return _all_others(own, wanted) or _all_others(theirs, wanted)


def _dimensions(given: Collection[Number], texts: Sequence[str]) -> list[str]:
    """Give what some figures measure in texts, "" for one that counts no unit of measure."""
    found = []
    for text in texts:
        counted = figures_of(text)
        found += [_DIMENSION_OF.get(unit, "") for figure, unit in counted if figure in given]
        bare = sum(figure in given for figure in numbers(text)) - sum(figure in given for figure, _ in counted)
        found += [""] * bare
    return found


def _all_others(dimensions: Sequence[str], wanted: str) -> bool:
    return bool(dimensions) and all(dimension not in ("", wanted) for dimension in dimensions)
