"""The articles as the page shows and changes them. No gradio here; the one place where the page writes the index.

What the ingest package offers beyond files (web addresses, feeds) is used when it is there.
"""

import re
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from ingest.indexer import FileResult, Outcome, ingest_files
from ingest.loaders import SUFFIXES, SourceFile
from qa.catalog import Catalog, IndexIdentity
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import ArticleError, IndexNotFoundError
from qa.models import Article
from qa.store import Store, writer_lock
from qa.text import squeeze
from ui.views import long_date

UPLOADS = "uploads"  # folder, in the data folder, of the files that came through the page
_LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """An article in a list, without its text; `published` is ISO 8601, or empty."""

    id: str
    title: str
    outlet: str
    published: str
    url: str
    origin: str
    fingerprint: str
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
                self._listed = (version, [_listed(article) for article in catalog.articles()])
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
        """Keep files in the data folder and index them, one at a time.

        Args:
            files: each with the name that its sender gave it.
        """
        folder = self._settings.data_dir.absolute() / UPLOADS
        for path, name in files:
            kept = folder / _safe_name(name)
            if kept.suffix.lower() not in SUFFIXES:
                reason = f"{name} is not an article file: give {' or '.join(SUFFIXES)} files"
                yield FileResult(Path(name), Outcome.FAILED, reason=reason)
                continue
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, kept)
            (result,) = self._ingest([SourceFile(kept, f"{UPLOADS}/{kept.name}")])
            if result.outcome is Outcome.FAILED:
                kept.unlink(missing_ok=True)
                shown = result.reason.replace(str(kept), name)
                result = FileResult(Path(name), Outcome.FAILED, reason=shown)
            yield result

    def add_address(self, address: str) -> Iterator[FileResult]:
        """Fetch a web page or a feed and index it; only where the ingest package can.

        Raises:
            ArticleError: it cannot, or the address cannot be used.
        """
        fetch = address_ingester()
        if fetch is None:
            raise ArticleError("this version cannot fetch web addresses: save the article as a file")
        yield from fetch(address, self._settings, self._embeddings())

    def read_again(self, articles: Sequence[ListedArticle]) -> Iterator[FileResult]:
        """Read articles again from where they came from; unchanged ones cost nothing."""
        for article in articles:
            path = Path(article.origin)
            if not path.is_file():
                reason = f"{article.title}: {article.origin} is not there any more; the article stays as it is"
                yield FileResult(path, Outcome.FAILED, article.id, reason)
            else:
                yield from self._ingest([SourceFile(path, article.id)])

    def remove(self, article_id: str) -> None:
        """Take an article out of the index, with the file that was kept of it if it came through the page.

        Raises:
            StoreError: the index cannot be written.
        """
        model = self._embeddings()
        article = self.article(article_id)
        with writer_lock(self._settings.data_dir, _LOCK_SECONDS):
            store = Store.create_or_open(self._settings.data_dir, IndexIdentity.of(model, self._settings))
            store.catalog.remove_article(article_id)
            store.apply_outbox()
            store.catalog.finish_batch()
        if article is not None and Path(article.origin).parent == self._settings.data_dir.absolute() / UPLOADS:
            Path(article.origin).unlink(missing_ok=True)

    def _ingest(self, files: Sequence[SourceFile]) -> tuple[FileResult, ...]:
        model = self._embeddings()
        with writer_lock(self._settings.data_dir, _LOCK_SECONDS):
            store = Store.create_or_open(self._settings.data_dir, IndexIdentity.of(model, self._settings))
            return ingest_files(files, store, model, self._settings).results


AddressIngester = Callable[[str, Settings, EmbeddingModel], Iterator[FileResult]]


def address_ingester() -> AddressIngester | None:
    """Give the ingest package's way to fetch web pages and feeds, or None while it has none."""
    try:
        intake = import_module("ingest.intake")
    except ModuleNotFoundError:
        return None

    def fetch(address: str, settings: Settings, model: EmbeddingModel) -> Iterator[FileResult]:
        opened = intake.open_intake(settings, model, _LOCK_SECONDS)
        yield from intake.ingest_addresses(opened, [address]).results

    return fetch


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


def _listed(article: Article) -> ListedArticle:
    return ListedArticle(
        article.id,
        squeeze(article.title) or article.id,
        article.source,
        article.published_at.isoformat() if article.published_at else "",
        article.url,
        article.origin,
        article.fingerprint,
        len(article.text),
    )


def _safe_name(name: str) -> str:
    cleaned = re.sub(r"[^\w.\- ]+", "_", Path(name).name).strip(". ")
    return cleaned[-150:] or "article.txt"


__all__ = [
    "ORDERS", "SUFFIXES", "FileResult", "Filter", "Library", "ListedArticle", "Outcome", "address_ingester",
    "by_month", "chosen", "extent", "outlets",
]  # fmt: skip
