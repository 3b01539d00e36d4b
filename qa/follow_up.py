"""Follow-up questions put as questions of their own: by the language model, checked by code, else by rule.

"How old is he?", after "Who won the tour?" and "Samuel Tekle", is "How old is Samuel Tekle, the winner of the
tour?": what reads it needs no conversation then.
"""

import re
from collections.abc import Sequence

from qa.claims import name_words, numbers
from qa.compound import with_referent
from qa.ellipsis import YEAR, YEAR_BEFORE, completed
from qa.models import Turn
from qa.rewrite import leans_on_history
from qa.text import stems, words

# Words of a follow-up that need not stand in its complete form: they join it to the turn before, or point there.
_JOINS = frozenset(
    "and but so also or what about how then now back to the of that this those these there here one it he she "
    "they him her them his hers its their theirs is was are were be been did does do has have had will "
    "would".split()
)
_ASKS = re.compile(r"\b(who|whom|what|which|when|where|why|how)\b", re.IGNORECASE)
_HOW_MUCH = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
_WHAT_AMOUNT = re.compile(r"what(?: \w+){0,2} (?:amount|number|sum|share|price|total)\b", re.IGNORECASE)
_WHAT_COSTS = re.compile(
    r"what\b.*\b(?:cost|costs|price|worth|earn|earned|pay|paid|charge|charged)\b", re.IGNORECASE
)
_SAYS_YEAR_BEFORE = re.compile(r"\byear (?:before|earlier)\b", re.IGNORECASE)
_MUCH = frozenset(("much", "many"))
_OF_YEAR = frozenset("year before earlier previous preceding".split())
_AND = re.compile(r"^\W*(?:and|but|so|also)\s+", re.IGNORECASE)
_TURNS_TO = re.compile(r"^\W*(?:what|how) about\b", re.IGNORECASE)
# What still points to the conversation: "been there?", "the year before?"
_STILL_POINTS = re.compile(
    r"\b(?:he|she|it|they|him|them|hers|theirs)\b|\b(?:there|then|that|this|before|earlier|after|later)\W*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)*")


def is_faithful(complete: str, question: str, history: Sequence[Turn]) -> bool:
    """Tell whether a question asks what a follow-up asks, as far as words tell.

    It is one question that points to no other, asks for the same kind of thing, keeps the follow-up's words, names
    and figures, and has no name or figure that the conversation lacks: a small model may answer instead, or repeat
    a question.

    Args:
        complete: the question, as the model put it.
        question: the follow-up, as typed.
        history: the conversation before it.
    """
    one = complete.endswith("?") and complete.count("?") == 1 and "\n" not in complete
    earlier = "" if _SAYS_YEAR_BEFORE.search(complete) else _year_before(question, history)
    joins = _JOINS | (_OF_YEAR if earlier and earlier in words(complete) else frozenset())
    if _HOW_MUCH.search(question):
        joins |= _MUCH
    kept = set(stems(" ".join(word for word in words(question) if word.lower() not in joins)))
    return (
        one
        and not _STILL_POINTS.search(complete)
        and kept <= set(stems(complete))
        and _asks_alike(complete, question)
        and not _adds(complete, f"{question} {earlier}", history)
        and _plain(complete) not in {_plain(asked) for asked in (question, *(turn.question for turn in history))}
    )


def put_by_rule(question: str, history: Sequence[Turn]) -> str | None:
    """Put what a follow-up leaves out, or the name of the turn before in place of "he" or "she".

    Returns:
        None where that makes no question of its own.
    """
    put = _with_person(question, history[-1]) or completed(question, history[-1])
    asked = {_plain(each) for each in (question, *(turn.question for turn in history))}
    return None if put is None or _STILL_POINTS.search(put) or _plain(put) in asked else put


def _with_person(question: str, last: Turn) -> str | None:
    asked = last.question.lower()
    names = [name for name in _NAME.findall(last.answer) if name_words(name) and name.lower() not in asked]
    alone = _AND.sub("", question)
    complete = with_referent(alone, last.question, names[0] if names else None)
    if complete is None or complete == alone or leans_on_history(complete):
        return None
    return complete[:1].upper() + complete[1:]


def _asks_alike(complete: str, question: str) -> bool:
    """Tell whether two questions ask with the same word; "And in June?" and "Whose ...?" leave it open."""
    asks = _ASKS.search(_TURNS_TO.sub("", question))
    asked = _ASKS.search(complete)
    if asks is None or asked is None:
        return asks is None
    if asks[1].lower() == asked[1].lower():
        return True
    how_much = _HOW_MUCH.match(asks.string[asks.start() :]), _HOW_MUCH.match(complete[asked.start() :])
    amount = _WHAT_AMOUNT.match(complete[asked.start() :]), _WHAT_COSTS.match(asks.string[asks.start() :])
    return bool((how_much[0] and amount[0]) or (how_much[1] and amount[1]))


def _year_before(question: str, history: Sequence[Turn]) -> str:
    """Give the year that "the year before" means after a question on a year; "" where it means none."""
    years = YEAR.findall(history[-1].question) if history and YEAR_BEFORE.search(question) else []
    return str(int(years[-1]) - 1) if years else ""


def _adds(complete: str, question: str, history: Sequence[Turn]) -> bool:
    """Tell whether a question has a name or a figure that the conversation lacks."""
    said = " ".join([question, *(text for turn in history for text in (turn.question, turn.answer))])
    names = {name.lower() for name in name_words(complete)} - {word.lower() for word in words(said)}
    return bool(names or set(numbers(complete)) - set(numbers(said)))


def _plain(question: str) -> str:
    return " ".join(words(question)).lower()
