"""The type of answer that a question asks for, where it is certain: a figure."""

import re

from qa.claims import numbers
from qa.text import words

_ASKS_FIGURE = re.compile(
    r"\b(?:how (?:many|much)"
    r"|(?:what|which) (?:year|percentage|percent|share|proportion|fraction|number of|amount))\b",
    re.IGNORECASE,
)
# Words that answer "how many" without a figure.
_QUANTITIES = frozenset(
    "no none nobody nothing all every both half quarter third twice double triple dozen dozens hundreds thousands "
    "millions billions trillions majority most one single several few zero little least".split()
)


def asks_figure(question: str) -> bool:
    """Tell whether a question can only be answered by a figure or a quantity."""
    return bool(_ASKS_FIGURE.search(question))


def gives_figure(text: str, question: str) -> bool:
    """Tell whether a text gives a figure or a quantity, other than those the question already holds."""
    asked = set(numbers(question))
    if any(number not in asked for number in numbers(text)):
        return True
    known = {word.lower() for word in words(question)}
    return any(word.lower() in _QUANTITIES - known for word in words(text))
