"""Things in a row: the first attempt is not the third."""

import re
from collections.abc import Sequence

from qa.dates import date_field
from qa.frames import Parsed
from qa.newstime import ORDINALS
from qa.number_words import WORD_VALUES
from qa.statement import premise_of
from qa.syntax import Token
from qa.text import stem

_DIGITS = re.compile(r"(\d+)(?:st|nd|rd|th)$")
_INSIDE_PHRASE = ("amod", "conj", "nmod", "compound")
_SUBJECTS = ("nsubj", "nsubjpass")
_NOUNS = ("NOUN", "PROPN")


def places_in_row(text: Parsed) -> dict[str, frozenset[int]]:
    """Give, for each thing with a place in a row, the places: "the first and third attempts".

    Returns:
        Sets of places from 1 on, by the stem of the thing.
    """
    found: dict[str, set[int]] = {}
    for place, head in _in_row(text):
        if head.pos == "NOUN":
            found.setdefault(stem(head.lemma), set()).add(place)
    return {noun: frozenset(places) for noun, places in found.items()}


def place_in_row(tokens: Sequence[Token], at: int) -> int:
    """Give the place that an ordinal means, 21 for the "first" of "twenty-first"; 0 for any other word."""
    word = tokens[at].lower
    if digits := _DIGITS.match(word):
        return int(digits[1])
    if word not in ORDINALS:
        return 0
    tens = WORD_VALUES.get(tokens[at - 2].lower, 0) if at > 1 and tokens[at - 1].text == "-" else 0
    return ORDINALS.index(word) + (tens if tens >= 20 else 0)


def speaks_of_another(question: str, answer: str) -> bool:
    """Tell whether an answer says of another one in a row what a question asks about one of them.

    Args:
        question: "Why was the third attempt called off?"
        answer: "The first attempt was called off because of high wind."

    Returns:
        False where the same does not happen to both: a second vote may be needed since the first one failed.
    """
    # A question is parsed worse than what it takes for granted, put as a statement.
    asked = [event for text in (question, premise_of(question)) for event in _what_happens(Parsed.of(text))]
    said = Parsed.of(answer) if asked else None
    if said is None:
        return False
    anywhere = {place_in_row(said.tokens, token.index) for token in said.tokens}
    return any(
        thing == other and event == same and place not in anywhere
        for thing, event, place in asked
        for other, same, _ in _what_happens(said)
    )


def _what_happens(text: Parsed) -> list[tuple[str, str, int]]:
    """Give, for each thing in a row that is a subject, its stem, that of what it does, and its place."""
    return [
        (stem(head.lemma), stem(text.tokens[head.head].lemma), place)
        for place, head in _in_row(text)
        if head.pos in _NOUNS and head.dep in _SUBJECTS
    ]


def _in_row(text: Parsed) -> list[tuple[int, Token]]:
    """Give each place in a row, but for those of dates, with the word that it belongs to."""
    places = ((place_in_row(text.tokens, token.index), token) for token in text.tokens)
    return [
        (place, _head(text.tokens, token))
        for place, token in places
        if place and not date_field(text.tokens, token.index)
    ]


def _head(tokens: Sequence[Token], token: Token) -> Token:
    """Give the noun to which an ordinal belongs, or another word where it belongs to none."""
    head = tokens[token.head]
    while head.dep in _INSIDE_PHRASE and head.pos not in _NOUNS:
        head = tokens[head.head]
    while head.dep == "compound":
        head = tokens[head.head]
    return head
