"""The type of answer that a question asks for, where it is certain: a figure, or yes or no."""

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


_VERB = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must)(?:n't|n’t)?"
)
_OPENS_YES_NO = re.compile(rf"^(?:and\s+|but\s+|so\s+|or\s+)?{_VERB}\b", re.IGNORECASE)
# "Between A and B, was there ...?"
_LATER_YES_NO = re.compile(rf",\s*(?:and\s+)?{_VERB}\s+(?:the|there|a|an|its?|their|this|that|[A-Z'‘“\"])")
_ASKS_WORD = re.compile(r"\b(?:what|which|who|whom|whose|when|where|why|how)\b(?!\s*,)", re.IGNORECASE)
_OFFERS = re.compile(
    r"\bconsistent or inconsistent\b|\b\w+er or \w+er\b|\bmore or (?:less|fewer)\b"
    r"|[?.]\s+[A-Z][^?]* or [^?]*\?$|\b(?:first|earlier|later|last|more|better)\b.*"
    r"[,:]\s+(?:the\s+)?[\w' -]+ or (?:the\s+)?[\w' -]+\?$",
)


def may_be_yes_no(question: str) -> bool:
    """Tell whether yes or no answers a question: it opens with a verb, or its main clause after a comma does."""
    text = question.strip()
    if _OFFERS.search(text):
        return False
    if _OPENS_YES_NO.match(text):
        return True
    later = _LATER_YES_NO.search(text)
    return bool(later) and not _ASKS_WORD.match(text)


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
