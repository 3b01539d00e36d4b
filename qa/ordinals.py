"""Things in a row: the first attempt is not the third."""

import re

from qa.dates import date_field
from qa.frames import Parsed
from qa.newstime import ORDINALS
from qa.syntax import Token
from qa.text import stem

_DIGITS = re.compile(r"(\d+)(?:st|nd|rd|th)$")
_SUBJECTS = ("nsubj", "nsubjpass")


def places_in_row(text: Parsed, *, of_subjects: bool = False) -> dict[str, frozenset[int]]:
    """Give, for each thing with a place in a row, the places: "the first and third attempts".

    Args:
        text: a parsed text.
        of_subjects: whether only what does something counts: not "five days after the first attempt".

    Returns:
        Sets of places from 1 on, by the stem of the thing.
    """
    found: dict[str, set[int]] = {}
    for token in text.tokens:
        place = place_in_row(token)
        head = text.tokens[token.head]
        while place and head.dep in ("amod", "conj", "nmod", "compound") and head.pos != "NOUN":
            head = text.tokens[head.head]
        counts = head.pos == "NOUN" and (head.dep in _SUBJECTS or not of_subjects)
        if place and counts and not date_field(text.tokens, token.index):
            found.setdefault(stem(head.lemma), set()).add(place)
    return {noun: frozenset(places) for noun, places in found.items()}


def place_in_row(token: Token) -> int:
    """Give the place of an ordinal, 0 for any other word."""
    digits = _DIGITS.match(token.lower)
    if digits:
        return int(digits[1])
    return ORDINALS.index(token.lower) if token.lower in ORDINALS else 0


def speaks_of_another(question: str, answer: str) -> bool:
    """Tell whether an answer says something of another one in a row than the question asks about.

    Args:
        question: "Why was the third attempt called off?"
        answer: "The first attempt was called off because of high wind."
    """
    asked = places_in_row(Parsed.of(question))
    given = places_in_row(Parsed.of(answer), of_subjects=True) if asked else {}
    every = places_in_row(Parsed.of(answer)) if given else {}
    return any(noun in asked and not asked[noun] & every[noun] for noun in given)
