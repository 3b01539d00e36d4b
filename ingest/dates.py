"""Dates of publication: read where they are written out in full, never guessed.

A date counts only with day, month and year. "03/04/2025" has two readings, so it is none.
"""

import re
from datetime import UTC, datetime

_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
).split()
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun".split()
)
_ZONES = "utc gmt bst cet cest eet eest est edt cst cdt mst mdt pst pdt ist aest aedt z".split()
_OTHER = "st nd rd th of at am pm a m p t".split()
_WORDS_OF_A_DATE = frozenset((*_MONTHS, *_DAYS, *_ZONES, *_OTHER))
_WORD = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_NUMERIC = re.compile(r"\s*(\d{1,2})\s*[./-]\s*(\d{1,2})\s*[./-]\s*\d{4}\b")
_LONGEST = 60  # characters of a date with weekday, time and zone

_HEAD_LINES = 3
_LABEL = re.compile(
    r"^(?:first\s+published|published|posted|publication\s+date|date|issued)\b(?:\s+on\b)?\s*:?\s*", re.I
)
_SEPARATOR = re.compile(r"\s*[|·•]\s*|\s+[–—-]\s+")
_PLACE_AND_DATE = re.compile(
    r"^[A-Z][A-Z .,'’-]{1,60}?,\s+(?P<date>[^()—–]{6,40}?)\s*(?:\([^)]{1,40}\)\s*)?[—–-]+\s"
)


def parse_date(value: str) -> datetime | None:
    """Read a date or time that stands alone; without a zone it counts as UTC.

    Args:
        value: ISO 8601, RFC 822, or written out in English ("Wednesday, 12 February 2025, 3.30pm").

    Returns:
        The moment, or None when it is no date, lacks day, month or year, or has two readings.
    """
    value = value.strip()
    if not value or len(value) > _LONGEST:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        found = _written_out(value)
    else:
        found = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return found


def date_at_head(text: str) -> datetime | None:
    """Find the date line at the head of a plain text.

    It is a line that says nothing but the date ("Published: 12 February 2025", "By Ana Ruiz | 3 May 2021"),
    or place and date before the first sentence ("OSLO, 3 May 2021 (Reuters) - ...").
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()][:_HEAD_LINES]
    for line in lines:
        opening = _PLACE_AND_DATE.match(line)
        parts = [opening["date"]] if opening else _SEPARATOR.split(line) if len(line) <= 160 else []
        for part in parts:
            moment = parse_date(_LABEL.sub("", part))
            if moment is not None:
                return moment
    return None


def _written_out(value: str) -> datetime | None:
    if not _YEAR.search(value) or any(w.lower() not in _WORDS_OF_A_DATE for w in _WORD.findall(value)):
        return None
    order = "DMY"
    numeric = _NUMERIC.match(value)
    if numeric:
        first, second = int(numeric[1]), int(numeric[2])
        if first <= 12 and second <= 12 and first != second:
            return None
        order = "DMY" if first > 12 else "MDY"
    import dateparser

    moment: datetime | None = dateparser.parse(
        value,
        languages=["en"],
        settings={
            "STRICT_PARSING": True,
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
            "RETURN_AS_TIMEZONE_AWARE": True,
            "TIMEZONE": "UTC",
            "DATE_ORDER": order,
        },
    )
    return moment
