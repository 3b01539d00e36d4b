"""News time: "on Tuesday" means a date, which follows from the day on which the article was published.

A day that has no single reading ("until Friday", "on Tuesdays", an article without a date) stays as it stands.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
MONTHS = "january february march april may june july august september october november december".split()
# Each name of a month, short ones too, with its full name.
MONTH_NAMES = {
    **{name: name for name in MONTHS},
    **{name[:3]: name for name in MONTHS if name != "may"},
    "sept": "september",
}
DATE_WORDS = frozenset((*MONTH_NAMES, *WEEKDAYS))
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY_OF_MONTH = rf"\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}|{_MONTH}\.?\s+\d"
_RELATIVE = re.compile(
    rf"\b(?P<before>(?:last|next|this|every|each|until|till|by|a|one|some|from|since|before|after)\s+)?"
    rf"(?P<day>{'|'.join(WEEKDAYS)}|yesterday|today|tomorrow)\b(?P<after>\s+(?:week|last)\b|[’'](?!s\b)\w|-\w|,?\s+(?:{_DAY_OF_MONTH}))?",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"[’']s\b")
_AHEAD = re.compile(
    r"\b(?:will|shall|would|is to|are to|to be|is due|are due|due|going to|plans? to|expects? to|expected|"
    r"scheduled|starts?|begins?|next|upcoming|coming)\b",
    re.IGNORECASE,
)
_SAID = re.compile(r"\b(?:said|says|told|announced|reported|wrote|added|published)\b[^,.;]*$", re.IGNORECASE)
_OPEN_ENDED = re.compile(r"\b(?:until|till|through|to|from)\s+(?:(?!on\b)\w+\s+){0,2}$", re.IGNORECASE)
_CLAUSE = re.compile(r"[.!?,;:–—][\s\"”]|\n|\b(?:and|but|while|after|before|when|which|who|that)\b")

_YEAR = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?![\d,-]\d|\d|%)")
_RELATIVE_YEAR = re.compile(r"\b(?P<which>last|this|next)\s+year\b", re.IGNORECASE)
# "The last year" are the twelve months before, "his last year" is of a career.
_OF_SOMETHING = re.compile(r"(?:\b(?:the|his|her|its|their|my|our|your|a|every|each)|['’]s)\s+$", re.IGNORECASE)
_RELATIVE_PERIOD = re.compile(r"\b(?P<which>last|this|next)\s+(?P<unit>year|month)\b", re.IGNORECASE)
_YEARS_ON = {"last": -1, "this": 0, "next": 1}
_YEAR_ASKED = re.compile(
    rf"\b(?:in|for|(?<!as )of|during)\s+(?:{_MONTH}\s+)?(?P<year>(?:19|20)\d\d)\b(?![-–])", re.IGNORECASE
)
_ASIDE = re.compile(r"\b(?:that|which|who|whose|where|when|since|after|before)\b", re.IGNORECASE)

ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_CENTURIES = (*ORDINALS, "twenty-first")
_ORDINAL = rf"(?:(?P<number>\d{{1,2}})(?:st|nd|rd|th)|(?P<word>{'|'.join(_CENTURIES[1:])}))"
# Of "the 11th and 12th centuries" both.
_CENTURY = re.compile(
    rf"\b{_ORDINAL}(?=[ -](?:(?:and|to|or) (?:\w+ )?\d{{0,2}}\w+[ -])?centur(?:y|ies)\b(?! BC))",
    re.IGNORECASE,
)
_OLD_YEAR = re.compile(
    rf"(?:\b(?:in|since|from|until|till|by|around|circa|after|before|between|during|{_MONTH})\s+|\()"
    r"(?P<year>1\d\d\d|20\d\d)(?![\d,.]*\d|%)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ResolvedDay:
    """A relative day of a text, at `text[start:end]`, with the date it means."""

    start: int
    end: int
    day: date


def resolved_days(text: str, published: date | None) -> list[ResolvedDay]:
    """Find the relative days of a text that have one reading.

    A weekday in a clause that speaks of what is to come is the next one after publication; any other is the
    last one up to the day of publication, which counts itself.

    Args:
        text: of an article.
        published: the day it was published; None: nothing is resolved.
    """
    return list(_resolve(text, published)) if published is not None else []


def with_dates(text: str, published: date | None) -> str:
    """Write what they mean after relative days, months and years that have one reading.

    "On Tuesday (18 March 2031)", "last month (February 2031)", "next year (2032)".
    """
    if published is None:
        return text
    meant = [(found.end, f"{found.day.day} {found.day:%B %Y}") for found in resolved_days(text, published)]
    parts, last = [], 0
    for end, said in sorted([*meant, *_periods_meant(text, published)]):
        parts += [text[last:end], f" ({said})"]
        last = end
    return "".join([*parts, text[last:]])


def _periods_meant(text: str, published: date) -> Iterator[tuple[int, str]]:
    """Give where "last year" and its like end, and which year or month they mean."""
    for match in _RELATIVE_PERIOD.finditer(text):
        if _OF_SOMETHING.search(text, 0, match.start()):
            continue
        on = _YEARS_ON[match["which"].lower()]
        year, month = divmod(published.year * 12 + published.month - 1 + on, 12)
        meant = str(published.year + on)
        if match["unit"].lower() == "month":
            meant = f"{MONTHS[month].title()} {year}"
        yield match.end() + 2 * bool(_POSSESSIVE.match(text, match.end())), meant


def years_named(text: str, published: date | None) -> frozenset[int]:
    """Give the years that a text names: in figures, and "last year" and its like by the day of publication."""
    years = {int(match.group()) for match in _YEAR.finditer(text)}
    if published is not None:
        years |= {published.year + _YEARS_ON[m["which"].lower()] for m in _RELATIVE_YEAR.finditer(text)}
    return frozenset(years)


def year_asked(question: str) -> int | None:
    """Give the one year that a question is about; None where there is none, or it may be that of an aside.

    "How much did it earn in 2025?" asks about 2025; "Who leads the firm that opened in 1998?" not about 1998.
    """
    found = list(_YEAR_ASKED.finditer(question))
    if len(found) != 1 or len(_YEAR.findall(question)) != 1:
        return None
    first_word = re.match(r"\W*\w+", question)
    start = first_word.end() if first_word else 0
    return None if _ASIDE.search(question, start, found[0].start()) else int(found[0]["year"])


def centuries_named(text: str) -> frozenset[int]:
    """Give the centuries of a text: 11 for "the 11th century" and for "in 1038"."""
    said = (_ordinal(match) for match in _CENTURY.finditer(text))
    of_years = ((int(match["year"]) + 99) // 100 for match in _OLD_YEAR.finditer(text))
    return frozenset([*said, *of_years])


def century_asked(question: str) -> int | None:
    """Give the one century that a question names; None where there is none, or a year beside it."""
    named = centuries_named(question)
    return next(iter(named)) if len(named) == 1 and _CENTURY.search(question) else None


def _ordinal(match: re.Match[str]) -> int:
    return int(match["number"]) if match["number"] else _CENTURIES.index(match["word"].lower())


def _resolve(text: str, published: date) -> Iterator[ResolvedDay]:
    for match in _RELATIVE.finditer(text):
        before = (match["before"] or "").strip().lower()
        if match["after"] or before not in ("", "next", "this", "last", "after", "before", "since", "by"):
            continue
        word = match["day"]
        if (word.lower() in WEEKDAYS and not word[0].isupper()) or _OPEN_ENDED.search(text, 0, match.start()):
            continue
        day = _day(word.lower(), before, _ahead(text, match.start(), match.end()), published)
        if day is not None:
            end = match.end("day")
            yield ResolvedDay(match.start("day"), end + 2 * bool(_POSSESSIVE.match(text, end)), day)


def _day(word: str, before: str, ahead: bool, published: date) -> date | None:
    if word in ("yesterday", "today", "tomorrow"):
        return (
            published + timedelta(days={"yesterday": -1, "today": 0, "tomorrow": 1}[word]) if not before else None
        )
    difference = WEEKDAYS.index(word) - published.weekday()
    if before in ("next", "last", "by", "this"):
        return None  # "next Friday" of a Wednesday: this week's or the one after it
    if ahead:
        return published + timedelta(days=difference % 7)
    return published - timedelta(days=-difference % 7)


def _ahead(text: str, start: int, end: int) -> bool:
    """Tell whether the clause around a day speaks of what is to come; "said on Tuesday" never does."""
    clause_start = max((m.end() for m in _CLAUSE.finditer(text, 0, start)), default=0)
    stop = _CLAUSE.search(text, end)
    if _SAID.search(text[clause_start:start]):
        return False
    return bool(_AHEAD.search(text[clause_start : stop.start() if stop else len(text)]))
