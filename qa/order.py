"""Which of two events came first: "Which came first, A or B?", "Was A before B?".

No article says so where the two are told of in different reports, and a small model guesses. So the day of each is
asked for by itself, and the days are compared by code.
"""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from qa.dates import Date, date_field, dates_in
from qa.models import Answer, Evidence, Worked
from qa.newstime import MONTHS, with_dates
from qa.prompts import shown_text
from qa.syntax import Token, parse, subtree, written
from qa.text import capitalised, squeeze, stems, without_markers

_EARLIER = "first|earlier|earliest|sooner"
_LATER = "last|later|latest"
_OR = r"[,:]\s*(?P<one>[^?]+?),?\s+or\s+(?P<other>[^?]+?)\?*$"
# "Which company reported its results first in 2031, A or B?"
_WHICH = re.compile(
    rf"^(?:which|what|who)\b(?P<before>[^,:]*?)\b(?:(?P<first>{_EARLIER})|(?:{_LATER}))\b(?P<after>[^,:]*?){_OR}",
    re.IGNORECASE,
)
# "Did Brazil agree earlier than Argentina?", "Had A begun when B ended?"
_WHETHER = re.compile(
    r"^(?P<verb>did|was|were|had|has|have|is|are)\s+(?P<left>[^?]+?),?\s+"
    r"(?:(?P<first>before|earlier than|by the time|when)|(?:after|later than))\s+(?P<right>[^?]+?)\?*$",
    re.IGNORECASE,
)
_ALREADY = re.compile(r"\b(?:already|yet)\s+", re.IGNORECASE)
_STATE = re.compile(r"\b(?:still|ever|long|shortly|immediately|soon)\b", re.IGNORECASE)
_FUTURE = frozenset("will 'll shall would".split())
_LEADS_TO = frozenset("be due expect schedule set plan go".split())  # "is to begin", "is expected to begin"
# "BRASÍLIA, Aug 12 — ", "ALDMOOR, 24 June (VPA) - "
_DATELINE = re.compile(r"^\W*[^\W\d_a-zß-ÿ][^\n.;:]{0,60}?\s[—–-]{1,2}\s+(?=\w)")
_LONG_AGO = 60  # days: a day of a month less long before the publication is not the next one
_MOST = 0.5  # share of an event's words with which evidence speaks of it
_HAPPENED = frozenset("come happen occur be take place go".split())


@dataclass(frozen=True, slots=True)
class Order:
    """A question for the order of two events.

    Attributes:
        asked: the questions for their days; one where the question gives the other day itself.
        names: the two events as the question names them, where it asks which; else none.
        first: whether it asks for the earlier one, or whether the left one is the earlier one.
        given: the day that the question itself gives.
    """

    asked: tuple[str, ...]
    names: tuple[str, ...]
    first: bool
    given: "Period | None" = None

    def put_together(self, answers: Sequence[Answer]) -> Worked | None:
        """Decide by the answers to its questions; None where they do not give both days."""
        return put_in_order(self, [period_of(answer) for answer in answers])


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a date may mean, from the first to the last: a month without a day is all of it."""

    first: date
    last: date

    def __str__(self) -> str:
        """Give it as it is said: "18 March 2031", "March 2031", "2031"."""
        if self.first == self.last:
            return f"{self.first.day} {self.first:%B %Y}"
        return f"{self.first:%B %Y}" if self.first.month == self.last.month else f"{self.first.year}"


def order_of(question: str) -> Order | None:
    """Take a question apart that asks for the order of two events; None for any other."""
    text = squeeze(question)
    if (match := _WHICH.match(text)) is not None:
        middle = predicate(squeeze(f"{match['before']} {match['after']}"))
        names = (capitalised(match["one"]), capitalised(match["other"]))
        return Order(
            (_when(match["one"], middle), _when(match["other"], middle)), names, match["first"] is not None
        )
    match = _WHETHER.match(text)
    if match is None or _STATE.search(match["left"]):
        return None
    if (match["first"] or "").lower() == "when" and not _ALREADY.search(match["left"]):
        return None
    left, verb = squeeze(_ALREADY.sub("", match["left"])), match["verb"].lower()
    first, asked = match["first"] is not None, f"When {verb} {left}?"
    given = _period_in(match["right"])
    if given is not None:
        return Order((asked,), (), first, given)
    other = _other_event(text, verb, left, match["right"])
    return Order((asked, other), (), first) if other else None


def tell_order(question: str, evidence: Sequence[Evidence]) -> bool:
    """Tell whether one piece of evidence speaks of both events of a yes or no question for their order."""
    match = _WHETHER.match(squeeze(question))
    if match is None:
        return False
    halves = [set(stems(match["left"])), set(stems(match["right"]))]
    return any(all(_has_most(item.text, half) for half in halves) for item in evidence)


def _has_most(text: str, asked: set[str]) -> bool:
    return len(asked & set(stems(text))) >= _MOST * len(asked)


def _when(event: str, middle: str) -> str:
    return f"When was it that {event} {middle}?" if middle else f"When was {event}?"


def predicate(middle: str) -> str:
    """Give what a question says of both events, from its verb on; "" where it says only that they happened."""
    tokens = parse(middle)
    at = next((t.index for t in tokens if t.pos in ("VERB", "AUX")), None)
    if at is None:
        return ""
    said = [t for t in tokens[at:] if t.pos not in ("PUNCT", "ADP", "DET")]
    if all(t.lemma in _HAPPENED for t in said):
        return ""
    return written(tokens[at:])


def _other_event(question: str, verb: str, left: str, right: str) -> str:
    """Ask for the day of the right event; "" where the question leaves open which event it is.

    "than Argentina" means what the left one did: its subject is exchanged. "than the vote" is an event by itself.
    """
    tokens = parse(right)
    if any((t.pos in ("VERB", "AUX") and t.tag not in ("VBG", "VBN")) or t.dep == "nsubj" for t in tokens):
        whole = [t for t in tokens if t.lower not in ("did", "was", "had", "were")]
        if any(t.pos == "VERB" for t in whole):
            return f"When was it that {right}?"
        right = written(whole)
        tokens = parse(right)
    if any(t.pos == "NOUN" for t in tokens):
        return f"When was {right}?"
    subject = _subject(parse(question))
    if not subject or not left.startswith(f"{subject} ") or not any(t.pos == "PROPN" for t in tokens):
        return ""
    return f"When {verb} {right}{left.removeprefix(subject)}?"


def _subject(tokens: Sequence[Token]) -> str:
    """Give the subject of the main verb as written; "" where there is none."""
    top = next((t for t in tokens if t.dep in ("nsubj", "nsubjpass") and tokens[t.head].head == t.head), None)
    if top is None:
        return ""
    inside = subtree(tokens, top.index)
    return written(tokens[min(inside) : max(inside) + 1])


def period_of(answer: Answer) -> Period | None:
    """Give the days that an answer to "when?" means; None where it gives no date, or several."""
    days = [c.passage.article.published_at for c in answer.citations if c.passage.article.published_at]
    published = days[0].date() if days else None
    quotes = [citation.quote for citation in answer.citations]
    for said in (answer.short, answer.text):
        text = without_markers(said)
        text = text if "(" in text else with_dates(text, published)
        found = dates_in(parse(text))
        periods = {p for d in found if (p := _period(d, published, ahead=_is_ahead(d, quotes))) is not None}
        if len(periods) == 1:
            return periods.pop()
        if periods:
            return None
    return None


def told_on(item: Evidence) -> Period | None:
    """Give the day of what a sentence of a dated article tells first.

    Returns:
        None where it gives no date, or several, or one after the article's: that is only planned.
    """
    published = item.passage.article.published_at
    if published is None:
        return None
    tokens = parse(_DATELINE.sub("", shown_text(item)))
    there = dates_in(tokens)
    dates = [found for found in there if _is_of_main_verb(tokens, found.at)] or there
    periods = {_period(d, published.date(), ahead=_is_ahead(d, [item.text])) for d in dates}
    day = periods.pop() if len(periods) == 1 else None
    return day if day is not None and day.first <= published.date() else None


def _is_of_main_verb(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a date hangs on the verb of its sentence, with nothing but prepositions between."""
    token = tokens[at]
    while token.head != token.index and (date_field(tokens, token.index) is not None or token.pos == "ADP"):
        token = tokens[token.head]
    return token.head == token.index


def _period_in(text: str) -> Period | None:
    """Give the days of a text that is a date and no more, with its year: "2030", "5 March 2031"."""
    tokens = parse(text)
    dates = dates_in(tokens) if tokens and all(date_field(tokens, t.index) is not None for t in tokens) else []
    return _period(dates[0], None) if len(dates) == 1 else None


def _is_ahead(found: Date, quotes: Sequence[str]) -> bool:
    """Tell whether quotations speak of a day of a month as of what is to come.

    Args:
        found: a date; one without a day is never ahead.
        quotes: that may hold it.
    """
    said = [
        _is_to_come(tokens, held.at)
        for tokens in map(parse, quotes)
        for held in dates_in(tokens)
        if found.day and (held.day, held.month) == (found.day, found.month)
    ]
    return bool(said) and all(said)


def _is_to_come(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether the verb that a word hangs on is of the future: "will begin", "is due to begin"."""
    verb = tokens[at]
    while verb.pos not in ("VERB", "AUX") and verb.head != verb.index:
        verb = tokens[verb.head]
    beside = [token for token in tokens if token.head == verb.index and token.dep in ("aux", "auxpass")]
    if any(token.lower in _FUTURE for token in beside):
        return True
    return any(token.lower == "to" for token in beside) and tokens[verb.head].lemma in _LEADS_TO


def _period(found: Date, published: date | None, *, ahead: bool = False) -> Period | None:
    """Give the days of a date; without a year, it is the nearest to the day of publication, or the next after it.

    Args:
        found: as written.
        published: the day of publication; None: not known.
        ahead: whether it is to come.
    """
    if not found.month:
        return Period(date(int(found.year), 1, 1), date(int(found.year), 12, 31)) if found.year else None
    month = MONTHS.index(found.month) + 1
    if found.year:
        return _days(int(found.year), month, found.day)
    if published is None:
        return None
    years = (published.year - 1, published.year, published.year + 1)
    periods = [p for year in years if (p := _days(year, month, found.day)) is not None]
    nearest = min(periods, key=lambda p: abs((p.first - published).days), default=None)
    if ahead and nearest is not None and (published - nearest.last).days > _LONG_AGO:
        return next((p for p in periods if p.last >= published), None)
    return nearest


def _days(year: int, month: int, day: str) -> Period | None:
    last = calendar.monthrange(year, month)[1]
    if not day:
        return Period(date(year, month, 1), date(year, month, last))
    if not 1 <= int(day) <= last:
        return None
    return Period(date(year, month, int(day)), date(year, month, int(day)))


def put_in_order(asked: Order, found: Sequence[Period | None]) -> Worked | None:
    """Decide by the days.

    Args:
        asked: the question.
        found: the days of what it asks for, in its order; None: not known.

    Returns:
        Yes or no, or the event that is asked for; None where a day is not known, or both may be the same.
    """
    one, other = [*found, asked.given][:2]
    if one is None or other is None or (one.first <= other.last and other.first <= one.last):
        return None
    before = one.last < other.first
    if asked.names and before != asked.first:
        return Worked(asked.names[1], _told(other, one))
    text = asked.names[0] if asked.names else "Yes" if before == asked.first else "No"
    return Worked(text, _told(one, other))


def _told(one: Period, other: Period) -> str:
    return f"{one}, {'before' if one.last < other.first else 'after'} {other}"
