"""The articles as the page shows and changes them: no gradio here, and the one place where the page writes."""

import contextlib
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.intake import (
    Intake,
    Options,
    ingest_addresses,
    ingest_source_files,
    open_intake,
    reingest,
    split_sources,
)
from ingest.loaders import SUFFIXES, SourceFile
from ingest.removal import remove_articles
from ingest.report import FileResult, Outcome
from qa.catalog import Catalog
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import ArticleError, IndexNotFoundError
from qa.models import Article, ArticleFilter, ArticleListing
from qa.text import squeeze
from ui.views import long_date

UPLOADS = "uploads"  # folder, in the data folder, of the files that came through the page
_ARRIVING = ".arriving-"  # begins the names, there, of files that are not in the index yet
_LOCK_SECONDS = 30
_LEFT_OVER_SECONDS = 3600  # no upload takes so long


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article in a list, without its text; `published` is ISO 8601, or empty."""

    id: str
    title: str
    outlet: str
    published: str
    url: str
    origin: str
    characters: int

    @property
    def label(self) -> str:
        """One line that names it."""
        return " · ".join(
            part for part in (self.title, self.outlet, long_date(self.published) or "undated") if part
        )


@dataclass(frozen=True, slots=True)
class Filter:
    """Which articles to list, and in which order."""

    search: str = ""
    outlets: tuple[str, ...] = ()
    since: str = ""  # days, ISO 8601
    until: str = ""
    order: str = "newest"


ORDERS: dict[str, tuple[Callable[[ListedArticle], Any], bool]] = {
    "newest": (lambda article: article.published, True),
    "oldest": (lambda article: article.published or "9999", False),
    "title": (lambda article: article.title.lower(), False),
    "outlet": (lambda article: (article.outlet.lower(), article.title.lower()), False),
    "longest": (lambda article: article.characters, True),
}


class Library:
    """The articles of one data folder.

    Args:
        settings: name the folder and the chunk sizes.
        embeddings: gives the embedding model, loading it when it is first needed.
    """

    def __init__(self, settings: Settings, embeddings: Callable[[], EmbeddingModel]) -> None:
        self._settings = settings
        self._embeddings = embeddings
        self._uploads = settings.data_dir.absolute() / UPLOADS
        self._lock = threading.Lock()
        self._listed: tuple[tuple[str, int], list[ListedArticle]] | None = None

    # Reading

    def articles(self) -> list[ListedArticle]:
        """Give all articles, the newest first; none when nothing was ingested yet.

        Raises:
            StoreError: the index cannot be read.
        """
        try:
            catalog = Catalog.open_unchecked(self._settings.data_dir)
        except IndexNotFoundError:
            return []
        manifest = catalog.manifest()
        version = (manifest["index_id"], int(manifest["generation"]))
        with self._lock:
            if self._listed is None or self._listed[0] != version:
                self._listed = (version, [_listed(listing) for listing in catalog.listing(ArticleFilter())])
            return self._listed[1]

    def article(self, article_id: str) -> Article | None:
        """Give one article with its text, or None."""
        try:
            return Catalog.open_unchecked(self._settings.data_dir).article(article_id)
        except IndexNotFoundError:
            return None

    def fingerprint(self, article_id: str) -> str | None:
        """Give the fingerprint of an article as it is now, None when it is gone."""
        try:
            known = Catalog.open_unchecked(self._settings.data_dir).fingerprint_and_origin(article_id)
        except IndexNotFoundError:
            return None
        return known[0] if known else None

    def newest(self, limit: int) -> list[Article]:
        """Give the newest articles with their text."""
        try:
            return Catalog.open_unchecked(self._settings.data_dir).articles(limit)
        except IndexNotFoundError:
            return []

    # Changing

    def add_files(self, files: Sequence[tuple[Path, str]]) -> Iterator[FileResult]:
        """Keep files in the data folder and index them, one at a time; a file of rows holds several articles.

        Args:
            files: each with the name that its sender gave it.
        """
        self._clear_left_over()
        for path, name in files:
            kept = self._uploads / _safe_name(name)
            if kept.suffix.lower() not in SUFFIXES:
                reason = f"{name} is not an article file: give {' or '.join(SUFFIXES)} files"
                yield FileResult(name, Outcome.FAILED, reason=reason)
                continue
            try:
                results = self._keep(path, kept)
            except OSError as exc:
                results = (FileResult(name, Outcome.FAILED, reason=f"{name} cannot be kept: {exc.strerror}"),)
            for result in results:
                yield replace(result, origin=name, reason=result.reason.replace(str(kept), name))

    def _keep(self, sent: Path, kept: Path) -> tuple[FileResult, ...]:
        """Index a file that was sent; it takes the place of an earlier one only once it is in the index."""
        self._uploads.mkdir(parents=True, exist_ok=True)
        arrived = self._uploads / f"{_ARRIVING}{secrets.token_hex(8)}{kept.suffix}"
        try:
            shutil.copyfile(sent, arrived)
            file = SourceFile(kept, f"{UPLOADS}/{kept.name}", named=True, arrived=arrived)
            results = ingest_source_files(self._intake(), [file], Options(wait=_LOCK_SECONDS)).results
            if any(result.outcome is not Outcome.FAILED for result in results):
                arrived.replace(kept)
        finally:
            arrived.unlink(missing_ok=True)
        return tuple(replace(result, reason=result.reason.replace(str(arrived), str(kept))) for result in results)

    def _clear_left_over(self) -> None:
        """Delete what a program that was killed in the middle of an upload left behind."""
        for path in self._uploads.glob(f"{_ARRIVING}*"):
            with contextlib.suppress(OSError):  # another program's, done with meanwhile
                if time.time() - path.stat().st_mtime > _LEFT_OVER_SECONDS:
                    path.unlink()

    def add_address(self, address: str) -> Iterator[FileResult]:
        """Fetch a web page, a feed or a news sitemap and index what is new there.

        Raises:
            ArticleError: the address cannot be used.
        """
        _, addresses = split_sources([address if "://" in address else f"https://{address}"])
        yield from ingest_addresses(self._intake(), addresses, Options(wait=_LOCK_SECONDS)).results

    def read_again(self, articles: Sequence[ListedArticle]) -> Iterator[FileResult]:
        """Read articles again from where they came from; unchanged ones cost nothing."""
        for article in articles:
            try:
                yield from reingest(self._intake(), article.id, Options(wait=_LOCK_SECONDS)).results
            except ArticleError as exc:
                reason = f"{article.title}: {exc}; the article stays as it is"
                yield FileResult(article.origin, Outcome.FAILED, article.id, reason)

    def remove(self, article_id: str) -> None:
        """Take an article out for good, with the file that was kept of it if it came through the page.

        Raises:
            StoreError: the index cannot be written.
        """
        article = self.article(article_id)
        remove_articles(self._intake().store, [article_id], wait=_LOCK_SECONDS)
        if article is not None and Path(article.origin).parent == self._uploads:
            Path(article.origin).unlink(missing_ok=True)

    def _intake(self) -> Intake:
        return open_intake(self._settings, self._embeddings(), _LOCK_SECONDS)


def chosen(articles: Sequence[ListedArticle], wanted: Filter) -> list[ListedArticle]:
    """Give the articles that a filter leaves, in its order."""
    words = squeeze(wanted.search).lower().split()
    kept = [
        article
        for article in articles
        if all(word in f"{article.title} {article.outlet} {article.id}".lower() for word in words)
        and (not wanted.outlets or article.outlet in wanted.outlets)
        and (not wanted.since or article.published[:10] >= wanted.since)
        and (not wanted.until or "" < article.published[:10] <= wanted.until)
    ]
    key, backwards = ORDERS.get(wanted.order, ORDERS["newest"])
    return sorted(kept, key=key, reverse=backwards)


def outlets(articles: Sequence[ListedArticle]) -> list[str]:
    """Give the outlets of articles in alphabetical order."""
    return sorted({article.outlet for article in articles if article.outlet})


def by_month(articles: Sequence[ListedArticle]) -> list[tuple[str, int]]:
    """Count the dated articles per month ("2025-02"), without a gap between the first and the last."""
    counts = Counter(article.published[:7] for article in articles if article.published)
    if not counts:
        return []
    month, last = min(counts), max(counts)
    months = []
    while month <= last:
        months.append((month, counts[month]))
        year, number = int(month[:4]), int(month[5:])
        month = f"{year + number // 12:04}-{number % 12 + 1:02}"
    return months


def extent(articles: Sequence[ListedArticle]) -> str:
    """Say what there is: "64 articles from 5 outlets, 3 January 2025 to 9 February 2025"."""
    count, among = len(articles), len(outlets(articles))
    days = sorted(article.published for article in articles if article.published)
    words = f"{count} article{'s' if count != 1 else ''}"
    if among:
        words += f" from {among} outlet{'s' if among != 1 else ''}"
    if days:
        first, last = long_date(days[0]), long_date(days[-1])
        words += f", {first}" if first == last else f", {first} to {last}"
    return words


def _listed(listing: ArticleListing) -> ListedArticle:
    return ListedArticle(
        listing.id,
        squeeze(listing.title) or listing.id,
        listing.source,
        listing.published_at.isoformat() if listing.published_at else "",
        listing.url,
        listing.origin,
        listing.characters,
    )


def _safe_name(name: str) -> str:
    cleaned = re.sub(r"[^\w.\- ]+", "_", Path(name).name).strip(". ")
    # Its end, which says the format; file systems take 255 bytes.
    return cleaned.encode()[-150:].decode(errors="ignore").lstrip(". ") or "article.txt"


__all__ = [
    "ORDERS", "SUFFIXES", "FileResult", "Filter", "Library", "ListedArticle", "Outcome", "by_month",
    "chosen", "extent", "outlets",
]  # fmt: skip
