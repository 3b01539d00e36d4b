"""Follow-up questions: what the conversation adds to the query. By rule; a first question stays as it is."""

import re
from collections.abc import Sequence

from qa.claims import name_words
from qa.models import Turn
from qa.text import content_words, words

# Words that stand for something said before.
_POINTERS = frozenset(
    "he she it they him her them his hers its their theirs this that these those there then".split()
)
_CONTINUES = re.compile(r"^(and|but|so|also|or|what about|how about|why|why not|since when)\b", re.IGNORECASE)
_FEW_WORDS = 2  # content words below which a question hardly stands by itself
_MARKER = re.compile(r"\s*\[\d+\]")


def standalone_query(question: str, history: Sequence[Turn]) -> str:
    """Give the query for a question asked in a conversation.

    A question that leans on the turn before gets that turn's question in front, and the names of its
    answer; any other question is its own query.
    """
    previous = previous_turn(question, history)
    if previous is None:
        return question
    asked = previous.question.strip().rstrip("?.! ")
    already = {word.lower() for word in words(f"{asked} {question}")}
    names = [n for n in dict.fromkeys(name_words(previous.answer)) if n.lower() not in already]
    about = f" ({', '.join(names)})" if names else ""
    return f"{asked}{about}: {question}"


def previous_turn(question: str, history: Sequence[Turn]) -> Turn | None:
    """Give the turn that a question leans on, its markers removed; None if it stands by itself."""
    if not history or not leans_on_history(question):
        return None
    last = history[-1]
    return Turn(last.question.strip(), _MARKER.sub("", last.answer).strip())


def leans_on_history(question: str) -> bool:
    """Tell whether a question points back: a pronoun, "And ...", or too few words of its own."""
    lower = {word.lower() for word in words(question)}
    few = len(content_words(question)) < _FEW_WORDS and not name_words(question)
    return bool(lower & _POINTERS) or bool(_CONTINUES.match(question.strip())) or few
