"""Files of many articles: JSON Lines and CSV, one article a row, with field names that can be mapped."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.dates import parse_date
from ingest.fields import Fields, decode
from ingest.formats import plain
from qa.errors import ArticleError, SettingsError

FIELD_NAMES = ("id", "title", "text", "url", "source", "author", "published_at")
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "article_id", "guid"),
    "title": ("title", "headline"),
    "text": ("text", "body", "content", "article", "story", "articlebody"),
    "url": ("url", "link"),
    "source": ("source", "outlet", "publisher", "publication"),
    "author": ("author", "authors", "byline"),
    "published_at": (
        "published_at",
        "published",
        "date_published",
        "datepublished",
        "pub_date",
        "pubdate",
        "date",
    ),
}
SUFFIXES = (".jsonl", ".ndjson", ".csv")


def parse_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read `--field title=headline` options: our name of a field, and the file's.

    Raises:
        SettingsError: not of that form, or no field of ours.
    """
    mapping = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs or ours not in FIELD_NAMES:
            raise SettingsError(
                f"field {pair!r}: write it as title=headline, with one of {', '.join(FIELD_NAMES)}"
            )
        mapping[ours] = theirs
    return mapping


def read_rows(raw: bytes, suffix: str, mapping: Mapping[str, str]) -> Iterator[tuple[int, Fields | ArticleError]]:
    """Read the articles of a file of rows; a row that is none gives the error in its place.

    Args:
        raw: the file.
        suffix: `.jsonl`, `.ndjson` or `.csv`.
        mapping: our name of a field -> the file's, where it differs from the usual ones.

    Yields:
        The number of the line (JSON Lines) or record (CSV), from 1, and what stands there.

    Raises:
        ArticleError: the file as a whole cannot be read.
    """
    text = decode(raw)
    rows = _csv_rows(text) if suffix == ".csv" else _json_rows(text)
    number = 0
    for number, row in rows:
        if isinstance(row, ArticleError):
            yield number, row
            continue
        try:
            yield number, _to_fields(row, mapping)
        except ArticleError as exc:
            yield number, exc
    if not number:
        raise ArticleError("holds no rows: nothing to index")


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | ArticleError]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            yield number, ArticleError("is not JSON: one object a line")
            continue
        yield number, row if isinstance(row, dict) else ArticleError("is not a JSON object")


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any] | ArticleError]]:
    """Give the records of a CSV file; raises ArticleError where it is not valid."""
    csv.field_size_limit(min(sys.maxsize, 20 * 1024 * 1024))
    head = text.partition("\n")[0]
    delimiter = max(",;\t|", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            if None in row:
                yield (
                    number,
                    ArticleError("has more cells than the header: quote the cells that hold the delimiter"),
                )
            else:
                yield number, row
    except csv.Error as exc:
        raise ArticleError(f"is not valid CSV from record {number + 1} on ({exc}): mend it") from exc


def _to_fields(row: Mapping[str, Any], mapping: Mapping[str, str]) -> Fields:
    lowered = {str(key).strip().lower(): value for key, value in row.items()}

    def value(name: str) -> str:
        names = (mapping[name].lower(),) if name in mapping else _ALIASES[name]
        return next((plain(lowered[n]) for n in names if plain(lowered.get(n))), "")

    if not value("text"):
        wanted = mapping.get("text", "text")
        raise ArticleError(f"has no {wanted!r}: name the right field with --field text=NAME")
    published = value("published_at")
    moment = parse_date(published)
    if published and moment is None:
        raise ArticleError(f"has published_at {published!r}: write it as 2025-02-12 or ISO 8601")
    return Fields(
        title=value("title"),
        text=value("text"),
        id=value("id"),
        url=value("url"),
        source=value("source"),
        author=value("author"),
        published_at=moment,
    )
