"""Comparisons of two figures, decided by code: "Did A cost more than B?", "Which cost more, A or B?".

A small model says yes to almost any of them. So each half of the question is looked for by itself, and the
figures of the two best sentences that count the same kind of thing are compared.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qa.answer_type import may_be_yes_no
from qa.bindings import figures_of
from qa.claims import Number, numbers
from qa.models import Evidence
from qa.newstime import MONTHS
from qa.number_words import NUMBER_WORDS
from qa.prompts import describe, shown_text
from qa.reader import Reader
from qa.syntax import parse
from qa.text import capitalised, stem, stems

# Words for amounts of any kind.
_MORE = "more higher larger bigger greater"
_LESS = "less lower smaller fewer cheaper"
# Those of one measure alone, by the word that asks for it. Not "older" nor "longer", whose figures may be years,
# hours or miles, nor degrees, which have a sign.
_MEASURE_MORE = {"wider": "wide", "taller": "tall", "deeper": "deep", "heavier": "heavy"}
_MEASURE_LESS = {"narrower": "wide", "shallower": "deep", "lighter": "heavy"}
_MEASURES = _MEASURE_MORE | _MEASURE_LESS


def _than(more: Iterable[str], less: Iterable[str]) -> re.Pattern[str]:
    return re.compile(
        rf"^(?P<verb>[A-Z][a-z]+)\s+(?P<before>.*?)\b(?:an?\s+)?(?:(?P<more>{'|'.join(more)})|(?P<less>{'|'.join(less)}))"
        r"\b(?P<between>.*?)\bthan\s+(?P<right>.+?)\?*$"
    )


_THAN = _than(_MORE.split(), _LESS.split())
_IN_MEASURE = _than(_MEASURE_MORE, _MEASURE_LESS)
# "Which company earned more in 2030, A or B?"
_WHICH = re.compile(
    rf"^(?:which|what|who|whose)\b(?P<before>[^,:]*?)\b(?:(?P<more>{_MORE.replace(' ', '|')})"
    rf"|(?:{_LESS.replace(' ', '|')}))\b(?P<after>[^,:]*)[,:]\s*(?P<one>[^,]+?),?\s+or\s+(?P<other>[^,]+?)\?*$",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"^(?:[$€£¥]\s?)?\d[\d.,]*(?:\s*%|\s+(?:per ?cent|thousand|million|billion|trillion))?(?:\s+|$)"
)
# "Three times wider", "not wider", "wider than 5 metres": no two things, of which one is wider or is not.
_NO_PLAIN = frozenset(
    ("a", "an", "any", "every", "each", "half", "times", "twice", "not", "no", "least", "most", *NUMBER_WORDS)
)
_OF_BEFORE = re.compile(r"\b(?:before|earlier|previous|previously|last|initially|originally)\b", re.IGNORECASE)
# "than a year earlier", "than in 2030": the same thing at another time.
_OTHER_TIME = re.compile(
    r"^(?:in|on|at|by|a|an|the|it|was|had|been|did|same|first|second|third|last|previous|year|month|week|day|quarter"
    rf"|half|period|season|earlier|before|ago|of|\d{{4}}|{'|'.join(MONTHS)}|\s)+$",
    re.IGNORECASE,
)
_MONTH_OR_YEAR = re.compile(rf"\b(?:{'|'.join(m.capitalize() for m in MONTHS)}|(?:1[89]|2[01])\d\d)\b")
_COVERED = 0.5  # share of a half's words that its sentence must have, with its article's heading
_FEWEST_WORDS = 2  # and their number; a shorter half ("than on the first?") leans on the other
_NOW_AND_THEN = 2  # figures of one kind in a sentence that gives a change
_TRIED = 6  # sentences of each half
_READER_WEIGHT = 2.0  # as where it chooses what is quoted


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a question compares: two things, or one with a figure of the question's own."""

    left: str
    right: str  # "" where `given` is the right side
    given: str  # a figure with what it counts: "500 people"
    more: bool  # whether it asks for more, not less
    counted: str = ""  # the stem of what is counted: "home" of "more public homes than"; "": anything
    names: tuple[str, ...] = ()  # the two things, of a question that asks which
    measure: str = ""  # "wide" of "wider than"; "": amounts of any kind


@dataclass(frozen=True, slots=True)
class Counted:
    """A figure of a sentence with what it counts (`figures_of`), and how well it fits what was asked."""

    item: Evidence
    figure: Number
    kind: str
    score: float


def comparison_of(question: str) -> Comparison | None:
    """Take a question apart that compares two amounts; None for any other."""
    which = _WHICH.match(question.strip())
    if which is not None:
        about = f"{which['before']} {which['after']}".strip()
        names = (capitalised(which["one"]), capitalised(which["other"]))
        left, right = (f"{name} {about}" for name in names)
        return Comparison(left, right, "", which["more"] is not None, _counted(which["after"]), names)
    match = _THAN.match(question.strip()) or _IN_MEASURE.match(question.strip())
    if match is None or not may_be_yes_no(question) or _of_degree(match["between"]):
        return None
    left = f"{match['before']} {match['between']}".strip()
    right = match["right"].strip()
    more, counted = match["more"] is not None, _counted(match["between"])
    measure = _MEASURES.get(match["more"] or match["less"], "")
    if measure and not _of_two_things(match["before"], match["between"], right):
        return None
    given = _GIVEN.match(right)
    if given is not None:
        return Comparison(f"{left} {right[given.end() :]}".strip(), "", right, more, counted)
    halves = (set(stems(left)), set(stems(right)))
    if not halves[0] or (len(halves[1]) < _FEWEST_WORDS and not _OTHER_TIME.match(right)):
        return None
    return Comparison(left, right, "", more, counted, measure=measure)


def _of_degree(between: str) -> bool:
    """Tell whether a comparative is of no amount: "more important than", "more often than"."""
    tokens = parse(between)
    return bool(tokens) and tokens[0].pos in ("ADJ", "ADV", "VERB") and all(t.pos != "NOUN" for t in tokens)


def _of_two_things(before: str, between: str, right: str) -> bool:
    """Tell whether a comparison in one measure is of two things, and not with a figure or what was expected."""
    tokens = parse(right)
    beside = [word.lower() for word in (*before.split(), *right.split()[:1])]
    plain = not any(word in _NO_PLAIN or word[:1].isdigit() for word in beside)
    thing = bool(tokens) and tokens[0].pos in ("DET", "PROPN", "NOUN", "ADJ")
    clause = any(token.pos in ("VERB", "AUX") for token in tokens) and not right.lower().startswith("the one ")
    whole = not between.strip() or parse(between.strip())[0].pos == "ADP"  # not "the wider road carry more"
    one = not {"or", "and", "average"} & set(right.lower().split())
    return plain and thing and one and whole and not clause


def _counted(between: str) -> str:
    """Give the stem of the things that a comparative counts: nouns in the plural that follow it at once."""
    for token in parse(between):
        if token.pos == "NOUN":
            return stem(token.lemma) if token.lower in ("people", f"{token.lemma.lower()}s") else ""
        if token.pos != "ADJ":
            break
    return ""


def compared(
    asked: Comparison, sentences_on: Callable[[str], Sequence[Evidence]], reader: Reader | None = None
) -> tuple[bool, list[Evidence]] | None:
    """Decide a comparison.

    Args:
        asked: what is compared.
        sentences_on: gives sentences on something, best first, scored.
        reader: tells which figure of a sentence is meant; None: the first that counts.

    Returns:
        Whether it holds of the left one, and the evidence of each side; None where no two figures of one kind
        are found, and for one measure alone.
    """
    if asked.measure:
        return None  # which figure of a sentence is a width, is for the model to read
    lefts = _candidates(asked, asked.left, sentences_on(asked.left), reader)
    if asked.given:
        return _against_given(asked, lefts)
    if _OTHER_TIME.match(asked.right):
        return _against_former(asked, lefts)
    pair = _best_pair(lefts, _candidates(asked, asked.right, sentences_on(asked.right), reader))
    if pair is None:
        return None
    one, other = pair
    if asked.names and one.figure == other.figure:
        return None
    return _holds(one.figure, other.figure, asked.more), list(dict.fromkeys((one.item, other.item)))


def two_figures(
    asked: Comparison, sentences_on: Callable[[str], Sequence[Evidence]], reader: Reader | None = None
) -> tuple[Counted, Counted] | None:
    """Find the figures of the two things that a question compares; arguments as of `compared`.

    Returns:
        The figure of the left one and of the right one, of one kind; None where there are no two.
    """
    lefts = _candidates(asked, asked.left, sentences_on(asked.left), reader)
    rights = _candidates(asked, asked.right, sentences_on(asked.right), reader)
    if lefts and not rights:  # "than the September estimate" leans on the other side
        rights = _candidates(asked, asked.right, sentences_on(f"{asked.right} {asked.left}"), reader)
    return _best_pair(lefts, rights)


def _best_pair(lefts: Sequence[Counted], rights: Sequence[Counted]) -> tuple[Counted, Counted] | None:
    pairs = [
        (one, other)
        for one, other in itertools.product(lefts, rights)
        if one.kind == other.kind and (one.item.text, one.figure) != (other.item.text, other.figure)
    ]
    return max(pairs, key=lambda pair: pair[0].score + pair[1].score, default=None)


def _against_given(asked: Comparison, lefts: Sequence[Counted]) -> tuple[bool, list[Evidence]] | None:
    given = next(iter(figures_of(asked.given)), None)
    if given is None:
        return None
    figure, kind = given
    one = max((c for c in lefts if c.kind == kind), key=lambda c: c.score, default=None)
    return (_holds(one.figure, figure, asked.more), [one.item]) if one is not None else None


def _against_former(asked: Comparison, lefts: Sequence[Counted]) -> tuple[bool, list[Evidence]] | None:
    """Compare with what the same sentence gives for another time: "61.3 million, up from 48.7 million"."""
    one = max(lefts, key=lambda c: c.score, default=None)
    if one is None:
        return None
    figures = [figure for figure, kind in figures_of(one.item.text, with_former=True) if kind == one.kind]
    if len(figures) != _NOW_AND_THEN or one.figure not in figures:
        return None
    other = figures[1 - figures.index(one.figure)]
    return _holds(one.figure, other, asked.more), [one.item]


def _holds(one: Number, other: Number, more: bool) -> bool:
    return one.value > other.value if more else one.value < other.value


def _candidates(
    asked: Comparison, half: str, sentences: Sequence[Evidence], reader: Reader | None
) -> list[Counted]:
    wanted = set(stems(half))
    time = times_of(half)
    about = [
        item
        for item in sentences
        if numbers(item.text)
        and _speaks_of(wanted, item)
        and time <= times_of(f"{describe(item.passage.article)} {shown_text(item)}")
    ][:_TRIED]
    spans = reader.read(f"How much {half}?", [item.text for item in about]) if reader and about else []
    found = []
    for item, span in itertools.zip_longest(about, spans):
        figures = [
            (figure, kind)
            for figure, kind in figures_of(item.text, with_former=bool(_OF_BEFORE.search(half)))
            if asked.counted in ("", kind)
        ]
        read = numbers(item.text[span.start : span.end]) if span is not None else []
        chosen = next((pair for pair in figures if pair[0] in read), next(iter(figures), None))
        if chosen is not None:
            answerable = span.answerable if span is not None else 0.0
            found.append(Counted(item, *chosen, item.score + _READER_WEIGHT * answerable))
    return found


def times_of(text: str) -> set[str]:
    """Give the months and years of a text: a figure of another time is none of the half that names them."""
    return {match.group().lower() for match in _MONTH_OR_YEAR.finditer(text)}


def _speaks_of(wanted: set[str], item: Evidence) -> bool:
    held = wanted & set(stems(f"{describe(item.passage.article)} {item.text}"))
    return len(held) >= max(min(_FEWEST_WORDS, len(wanted)), _COVERED * len(wanted))
