"""Follow-up questions: what the conversation adds to the query. By rule; a first question stays as it is."""

import re
from collections.abc import Sequence

from qa.claims import name_words, numbers
from qa.errors import QuestionError
from qa.models import Turn
from qa.syntax import parse
from qa.text import content_words, squeeze, words

# Words that stand for something said before.
_POINTERS = frozenset(
    "he she it they him her them his hers its their theirs this that these those there then".split()
)
_PERSONS = frozenset("he she him his her hers himself herself".split())
_ASKS_FOR_SOMEBODY = frozenset("who whom whose which someone somebody anyone anybody everyone everybody".split())
_CONTINUES = re.compile(r"^(and|but|so|also|or|what about|how about|why|why not|since when)\b", re.IGNORECASE)
_ABOUT_WORDS = re.compile(r"\b(?:who|whose|when|where|why|whom)\b.*\b(?:that|this|it|so)\b", re.IGNORECASE)
TURNS_TO = re.compile(
    r"^(?:now\s+)?(?:back|turning|on|over|now|as|coming back)\s+(?:to|for)\s+(?P<what>[^:,]+)[:,]\s*(?P<rest>.+)$",
    re.IGNORECASE,
)
_MOST_SAID = 14  # words of an answer that go into the query
_ENOUGH_WORDS = 3
_FEW_WORDS = 2  # content words below which a question hardly stands by itself
_MOST_TELLING = 3  # content words up to which a question without a name goes on with what was told
_MARKER = re.compile(r"\s*\[\d+\]")


def accepted_question(typed: str, history: Sequence[Turn], longest: int) -> str:
    """Clean what was typed, or refuse it: this needs neither index nor language model.

    Args:
        typed: the question.
        history: the conversation before it.
        longest: characters that a question may have.

    Raises:
        QuestionError: the question is empty or too long, or speaks of a "he" or "she" that nobody named.
    """
    cleaned = squeeze(typed.replace("\x00", " "))
    if not cleaned:
        raise QuestionError("the question is empty: type one")
    if len(cleaned) > longest:
        raise QuestionError(
            f"the question has {len(cleaned)} characters, {longest} are the most: ask a shorter one"
        )
    if not history and (pronoun := unexplained_pronoun(cleaned)) is not None:
        raise QuestionError(f"nobody was named before that “{pronoun}” could stand for: ask with the name")
    return cleaned


def standalone_query(question: str, history: Sequence[Turn]) -> str:
    """Give the query for a question asked in a conversation.

    A question that leans on the turn before gets that turn's question in front, itself made standalone, and the
    names of its answer, or its words where it asks about these ("who said that?"); any other question is its own
    query.
    """
    previous = previous_turn(question, history)
    if previous is None:
        return question
    asked = standalone_query(previous.question, history[:-1]).strip().rstrip("?.! ")
    already = {word.lower() for word in words(f"{asked} {question}")}
    if _ABOUT_WORDS.search(question):
        said = content_words(previous.answer)[:_MOST_SAID]
    else:
        said = name_words(previous.answer)
    added = [word for word in dict.fromkeys(said) if word.lower() not in already]
    about = f" ({', '.join(added)})" if added else ""
    return f"{asked}{about}: {question}"


def previous_turn(question: str, history: Sequence[Turn]) -> Turn | None:
    """Give the turn that a question leans on, its markers removed; None if it stands by itself."""
    if not history or not leans_on_history(question):
        return None
    return without_markers(history[-1])


def without_markers(turn: Turn) -> Turn:
    """Give a turn without the markers of its citations."""
    return Turn(turn.question.strip(), _MARKER.sub("", turn.answer).strip())


def leans_on_history(question: str) -> bool:
    """Tell whether a question points back: a pronoun, "And ...", "Back to ...", or few words and no name."""
    turned = TURNS_TO.match(question.strip())
    if turned is not None:
        return points_back(turned["rest"])
    few = len(content_words(question)) < _FEW_WORDS and not name_words(question)
    return points_back(question) or bool(_CONTINUES.match(question.strip())) or few or _tells_on(question)


def may_stand_alone(question: str) -> bool:
    """Tell whether a question that leans on the turn before only by its few words may be a new one after all."""
    points = points_back(question) or _CONTINUES.match(question.strip()) or TURNS_TO.match(question.strip())
    return not points and len(content_words(question)) >= _FEW_WORDS


def _tells_on(question: str) -> bool:
    """Tell whether a question asks in few words and without a name what happened: "Who led the opposition?"."""
    few = len(content_words(question)) <= _MOST_TELLING and not name_words(question) and not numbers(question)
    return few and any(token.tag == "VBD" for token in parse(question))


def says_enough(question: str) -> bool:
    """Tell whether a question could be searched for by itself: its own name, or several words of its own."""
    return bool(name_words(question)) or len(content_words(question)) >= _ENOUGH_WORDS


def unexplained_pronoun(question: str) -> str | None:
    """Find a "he" or "she" for which a question that nothing stands before has nobody: "How old is she?".

    "Before he resigned, what did ...?" names him later, so a question that begins with a clause has none.
    """
    if not _PERSONS.intersection(word.lower() for word in words(question)):
        return None
    tokens = parse(question)
    if tokens[0].tag in ("IN", "VBG", "VBN"):
        return None
    for token in tokens:
        if token.lower in _PERSONS:
            return token.text
        if token.pos in ("NOUN", "PROPN") or token.lower in _ASKS_FOR_SOMEBODY:
            return None
    return None


def points_back(question: str) -> bool:
    """Tell whether a question has a pronoun before any name of its own that it could stand for."""
    names = {name.lower() for name in name_words(question)}
    for word in words(question):
        if word.lower() in _POINTERS:
            return True
        if word.lower() in names:
            return False
    return False
