"""Dates as texts write them, as far as they are given: "18 March", "in 2031", "Tuesday (18 March 2031)"."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.newstime import MONTH_NAMES, WEEKDAYS
from qa.syntax import Token

_YEARS = range(1500, 2200)


@dataclass(frozen=True, slots=True)
class Date:
    """A date in a text, as far as it is given; `at` is the word that it begins with."""

    at: int
    day: str
    month: str
    year: str
    weekday: str

    def agrees(self, other: "Date") -> bool:
        """Tell whether both can be the same: what both give is equal, and there is something that both give."""
        both = self._both(other)
        return bool(both) and all(a == b for a, b in both)

    def denies(self, other: "Date") -> bool:
        """Tell whether both give something that is not equal."""
        return any(a != b for a, b in self._both(other))

    def _both(self, other: "Date") -> list[tuple[str, str]]:
        """Give, side by side, what both give."""
        pairs = [(self.day, other.day), (self.month, other.month), (self.year, other.year)]
        return [(a, b) for a, b in [*pairs, (self.weekday, other.weekday)] if a and b]


def dates_in(tokens: Sequence[Token]) -> list[Date]:
    """Find the dates of a parsed text; a weekday and the date in brackets after it are one."""
    found: list[Date] = []
    at = 0
    while at < len(tokens):
        parts = {"day": "", "month": "", "year": "", "weekday": ""}
        end = at
        while end < len(tokens) and (field := date_field(tokens, end)) is not None:
            if field and parts[field]:
                break
            if field:
                word = tokens[end].lower.rstrip(".")
                parts[field] = MONTH_NAMES[word] if field == "month" else word
            end += 1
        if parts["month"] or parts["year"] or parts["weekday"]:
            found.append(Date(at, **parts))
        at = max(end, at + 1)
    return found


def date_field(tokens: Sequence[Token], at: int) -> str | None:
    """Tell which part of a date a word is; "" for a bracket or comma inside one, None for any other word."""
    token = tokens[at]
    if (month := token.lower.rstrip(".")) in MONTH_NAMES and (len(month) > 4 or token.pos == "PROPN"):
        return "month"
    if token.lower in WEEKDAYS:
        return "weekday"
    if token.text.isdigit() and _is_day(tokens, at):
        return "day"
    if token.text.isdigit() and len(token.text) == 4 and int(token.text) in _YEARS:
        return "year" if token.entity in ("DATE", "") or _follows_month(tokens, at) else None
    inside = 0 < at < len(tokens) - 1 and token.text in "(,"
    return "" if inside and date_field(tokens, at - 1) and _opens_date(tokens, at + 1) else None


def _follows_month(tokens: Sequence[Token], at: int) -> bool:
    return at > 0 and tokens[at - 1].lower.rstrip(".") in MONTH_NAMES


def _opens_date(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    return token.text.isdigit() and (_is_day(tokens, at) or len(token.text) == 4)


def _is_day(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether a figure is the day of a month, and not its year."""
    if len(tokens[at].text) > 2:
        return False
    beside = [tokens[i].lower.rstrip(".") for i in (at - 1, at + 1) if 0 <= i < len(tokens)]
    return any(word in MONTH_NAMES for word in beside)
