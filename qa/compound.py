"""Questions that ask for two things: "How much did it earn, and what was its head paid?".

They are answered one by one, so that what the articles give is said, and what they do not give is named.
"""

import re

from qa.syntax import parse
from qa.text import plain_quotes

_VERB = r"(?:is|are|was|were|did|does|do|has|have|had|will|would|can|could|should|must|may|might)(?:n't|n’t)?"
_SECOND = re.compile(
    r",?\s+and\s+(?P<second>(?:(?:in|by|at|for|to|from|with|on|of|since|until)\s+)?"
    rf"(?:(?:what|when|where|why|how|who|whom|which)\b(?:\s+[\w'’-]+){{0,4}}?\s+{_VERB}\b"
    r"|(?:who|what|how many|how much)\b)[^?]*\?)\s*$",
    re.IGNORECASE,
)
# "How much are Norway and Sweden each giving?"
_NAME = r"(?:the )?[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*)*"
_EACH = re.compile(
    rf"^(?P<before>\w[^,]*? )(?P<verb>are|were|do|did|have|had|will) (?P<one>{_NAME}) and (?P<other>{_NAME}) each "
    r"(?P<after>.+)$"
)
_SINGULAR = {"are": "is", "were": "was", "do": "does", "have": "has", "did": "did", "had": "had", "will": "will"}
# "Which company, known for X and ...": what follows the comma tells which one is meant.
_RELATIVE = re.compile(r",\s+(?:who|whom|which|whose|that|known|said)\b", re.IGNORECASE)
_INVERTED = re.compile(rf"\b{_VERB}\b", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:what|when|where|why|how|who|whom|whose|which)\b", re.IGNORECASE)
_HOW_MANY = re.compile(r"^how (?:many|much)\b", re.IGNORECASE)
_FEWEST_WORDS = 3
_LEANING = re.compile(r"\b(?:he|she|him|his|her)\b", re.IGNORECASE)
# "Which rider won?", but not "Which club did Ana Ruiz join?"
_ASKS_WHO = re.compile(
    r"^(?:whom?\b|which [a-z]+ (?!(?:did|do|does|is|are|was|were|has|have|had|will|would|can|could)\b)[a-z]+)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?<=[a-z,] )(?<!\bthe )[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*")
_LONGEST_NAME = 4  # words
_NO_PERSONS = frozenset("DATE TIME GPE LOC FAC EVENT".split())  # types of named entities
_BELOW_NOUNS = frozenset("acl relcl amod compound".split())  # verbs that only tell which thing is meant


def asked_one_by_one(question: str) -> tuple[str, ...]:
    """Give the questions that a question is made of, each complete in itself; usually it is one.

    "Which company, known for X and whose Y is Z, ...?" asks for one thing: its first half is no sentence. What is
    asked of two by name, each, is two questions.
    """
    if (each := _EACH.match(question)) is not None:
        verb = _SINGULAR[each["verb"].lower()]
        return tuple(f"{each['before']}{verb} {each[name]} {each['after']}" for name in ("one", "other"))
    match = _SECOND.search(question)
    if match is None or plain_quotes(question[: match.start()]).count('"') % 2:
        return (question,)
    first = question[: match.start()].rstrip(" ,")
    second = match["second"][:1].upper() + match["second"][1:]
    if len(first.split()) < _FEWEST_WORDS or not _ASKS.search(first) or _RELATIVE.search(first):
        return (question,)
    return (f"{first}?", second) if _complete(f"{first}?") and _complete(second) else (question,)


def with_referent(question: str, before: str, answer: str | None) -> str | None:
    """Put the name in place of the "he", "she" or "it" of the second of two questions.

    Args:
        question: the second.
        before: the first.
        answer: the bare answer to it; None where it has none.

    Returns:
        The question as it is where it leans on nothing; None where what it leans on is the answer that is lacking.
    """
    match = _LEANING.search(question)
    if match is None:
        return question
    if _ASKS_WHO.match(before):  # "Who leads it, and where did she study?"
        name = answer
    else:
        named = _maybe_persons(before)
        name = named[-1] if named else ""
    if name is None:
        return None
    if not name or len(name.split()) > _LONGEST_NAME or not name[0].isupper():
        return question
    own = "'s" if _is_possessive(question, match.group().lower()) else ""
    return f"{question[: match.start()]}{name}{own}{question[match.end() :]}"


def _maybe_persons(text: str) -> list[str]:
    """Give the names in a text that are not those of days, places or events, and that have no article."""
    others = {token.text for token in parse(text) if token.entity in _NO_PERSONS}
    return [name for name in _NAMED.findall(text) if not others.intersection(name.split())]


def _is_possessive(question: str, word: str) -> bool:
    """Tell whether a "his" or "her" belongs to the noun after it."""
    return word == "his" or any(token.lower == word == "her" and token.dep == "poss" for token in parse(question))


def _complete(question: str) -> bool:
    """Tell whether a question has a main verb of its own."""
    # The parser takes the "work" of "how many work" for a noun.
    plain = _HOW_MANY.sub(r"\g<0> of them", question)
    return bool(_INVERTED.search(question)) or any(
        token.pos in ("VERB", "AUX") and token.dep not in _BELOW_NOUNS
        for text in dict.fromkeys((question, plain))
        for token in parse(text)
    )
