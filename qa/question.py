"""What a question asks for, read by rule: its parts, the outlets it names and the days it gives.

A question over several articles is searched part by part, each with the outlet it names: "Does A say X, while
B says Y?" (question decomposition, arXiv 2507.00355; metadata of the question as a boost, arXiv 2406.13213).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from qa.newstime import MONTHS
from qa.text import content_words

_MOST_PARTS = 5
_FEWEST_WORDS = 3  # content words of a part
_LONG = 14  # words of a clause that is cut at its commas as well
_BOUNDARY = re.compile(
    r"[;:]\s+"
    r"|,?\s+\b(?:while|whereas|whilst|compared (?:to|with)|in (?:contrast|comparison|contrary) (?:to|with)"
    r"|as opposed to|in contrast|but|before|after"
    r"|and (?=(?:does|do|did|is|are|was|were|has|have|the|a|an|in|on|also|then|who|which|that|"
    r"whether|if|what|when|how)\b)|or (?=(?:does|do|did|is|are|was|were|has|have)\b))\b\s*"
    r"|,\s+and\s+",
    re.IGNORECASE,
)
_COMMA = re.compile(r",\s+")
_AND = re.compile(r"\s+and\s+")
# Clauses that say only where something stands.
_HANGS = re.compile(
    r"(?:as|which (?:is|was)|that (?:is|was))?\s*"
    r"(?:reported|discussed|covered|mentioned|described|published|stated|noted)\b"
    r"|according to\b|as per\b|(?:about|on|at|[a-z]+ing)\b",
    re.IGNORECASE,
)
_GLUE = "\ue000"  # stands for a comma inside a date
_MONTH = "|".join(f"{name}|{name[:3]}\\." for name in MONTHS)
_DAY = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<month2>{_MONTH}),?\s+(?P<year2>(?:19|20)\d\d)"
    rf"|(?P<month3>{_MONTH})\s+(?P<year3>(?:19|20)\d\d)"
    r"|(?P<iso>(?:19|20)\d\d-\d\d-\d\d))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a question asks about: its words, the outlets it names and the days it gives."""

    text: str
    sources: tuple[str, ...] = ()
    periods: tuple[Period, ...] = ()


def parts_of(question: str, sources: Iterable[str]) -> list[Part]:
    """Cut a question into its parts.

    Args:
        question: as sent to the index.
        sources: the outlets of the index.

    Returns:
        The parts in order, at most five; one alone for a question that asks about one thing.
    """
    names = tuple(sources)
    whole = _with_dates_glued(question)
    clauses = [text for clause in _BOUNDARY.split(whole) for text in _clauses(clause)]
    clauses = [text for clause in clauses for text in _between_outlets(clause, names)]
    kept = _merged(clauses)[:_MOST_PARTS]
    texts = [text.replace(_GLUE, ",") for text in kept] if len(kept) > 1 else [question]
    return [Part(text, tuple(named_sources(text, names)), tuple(periods_of(text))) for text in texts]


def named_sources(text: str, sources: Sequence[str]) -> list[str]:
    """Give the outlets that a text names, in the order of the list.

    An outlet of one word counts in its own capitals alone ("Wired", not "wired"); a sub-title after "|" or "-"
    and a leading "The" may be left out.
    """
    found = {s: m.span() for s in sources if s and (m := _naming(s).search(text))}
    return [source for source, span in found.items() if not _inside_longer(span, found.values())]


def main_title(source: str) -> str:
    """Give the name of an outlet without its sub-title after "|" or "-": several may share it."""
    return re.split(r"\s+[|–-]\s+", source)[0]


def periods_of(text: str) -> list[Period]:
    """Find the days and months of years that a text gives."""
    return [period for match in _DAY.finditer(text) if (period := _period(match)) is not None]


def _with_dates_glued(question: str) -> str:
    """Hide the commas of dates ("October 30, 2023,"), at which nothing is cut."""
    return _DAY.sub(lambda match: match.group().replace(",", _GLUE), question)


def _clauses(clause: str) -> list[str]:
    return _COMMA.split(clause) if len(clause.split()) > _LONG else [clause]


def _between_outlets(clause: str, sources: Sequence[str]) -> list[str]:
    """Cut "reported by A and discussed in B" where each side names an outlet."""
    for match in _AND.finditer(clause):
        left, right = clause[: match.start()], clause[match.end() :]
        if named_sources(left, sources) and named_sources(right, sources) and _searchable(right):
            return [left, *_between_outlets(right, sources)]
    return [clause]


def _searchable(text: str) -> bool:
    return (
        sum(not word[0].isdigit() and word.lower() not in MONTHS for word in content_words(text)) >= _FEWEST_WORDS
    )


def _merged(clauses: Sequence[str]) -> list[str]:
    """Join what cannot be searched for by itself, few words or "as reported by ...", to the clause before it."""
    merged: list[str] = []
    waiting = ""
    for raw in clauses:
        clause = f"{waiting} {raw.strip()}".strip()
        waiting = ""
        if _searchable(clause) and not (_HANGS.match(clause) and merged):
            merged.append(clause)
        elif merged:
            merged[-1] = f"{merged[-1]}, {clause}"
        else:
            waiting = clause
    return merged


def _inside_longer(span: tuple[int, int], spans: Iterable[tuple[int, int]]) -> bool:
    return any(o[0] <= span[0] and span[1] <= o[1] and o[1] - o[0] > span[1] - span[0] for o in spans)


@lru_cache(maxsize=5000)
def _naming(source: str) -> re.Pattern[str]:
    short = main_title(source)
    forms = {source, short}
    bare = re.sub(r"^the\s+", "", short, flags=re.IGNORECASE)
    patterns = [re.escape(form) for form in forms]
    if bare != short:
        patterns.append(rf"[Tt]he\s+{re.escape(bare)}" if len(bare.split()) == 1 else re.escape(bare))
    one_word = len(short.split()) == 1
    flags = re.NOFLAG if one_word or (bare != short and len(bare.split()) == 1) else re.IGNORECASE
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?![\w-])", flags)


def _period(match: re.Match[str]) -> Period | None:
    try:
        if match["iso"]:
            day = date.fromisoformat(match["iso"])
            return Period(day, day)
        if match["month3"]:
            first = date(int(match["year3"]), _month(match["month3"]), 1)
            return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        month, day_, year = (match["month"], match["day"], match["year"]) if match["month"] else (
            match["month2"], match["day2"], match["year2"]
        )  # fmt: skip
        day = date(int(year), _month(month), int(day_))
    except ValueError:  # the 31st of June
        return None
    return Period(day, day)


def month_of(name: str) -> int | None:
    """Give the number of a month by its name or its first three letters; None for another word."""
    short = name[:3].lower()
    if not (name.lower() in MONTHS or (len(name) <= 4 and short in {m[:3] for m in MONTHS})):
        return None
    return [m[:3] for m in MONTHS].index(short) + 1


def _month(name: str) -> int:
    return month_of(name.rstrip(".")) or 0
