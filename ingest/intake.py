"""What the front ends call: ingest of files, folders, addresses and uploads, previews, and ingest once more.

Each function takes the writer's lock itself, and only while it writes: nothing else waits for a slow server.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.fetch import Fetcher
from ingest.guard import checked_url
from ingest.indexer import UPLOADED, Indexer, is_address
from ingest.loaders import SourceFile, Unreadable, articles_in, find_files, load_articles
from ingest.report import FileResult, IngestReport, OnResult, Outcome
from ingest.web import WebEntry, load_page, visit
from qa.catalog import IndexIdentity
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import ArticleError
from qa.ledger import Fetched
from qa.models import Article
from qa.store import Store, writer_lock

_PAGES_AT_ONCE = 10  # fetched before they are written: what a killed run asks for again at most
Say = Callable[[str], None]


def _quiet(_: object) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Intake:
    """An index that is open for ingest, with the model that embeds for it."""

    store: Store
    model: EmbeddingModel
    settings: Settings


@dataclass(frozen=True, slots=True)
class Options:
    """How to ingest.

    Attributes:
        prune: remove the articles whose files vanished from the folders given.
        mapping: for files of rows, our name of a field -> the file's.
        wait: seconds to wait for another writer.
        on_result: told of each article as it is done.
        say: told of what takes a while.
        should_stop: asked between articles; True ends the run cleanly.
    """

    prune: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    wait: float = 10
    on_result: OnResult = _quiet
    say: Say = _quiet
    should_stop: Callable[[], bool] = _never


def open_intake(settings: Settings, model: EmbeddingModel, wait: float = 10, say: Say = _quiet) -> Intake:
    """Open the settings' index for ingest, making an empty one when there is none.

    Raises:
        StoreError: the index cannot be used, or another process keeps writing to it.
    """
    with writer_lock(settings.data_dir, wait, say):
        store = Store.create_or_open(settings.data_dir, IndexIdentity.of(model, settings))
    return Intake(store, model, settings)


def split_sources(sources: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Tell paths from addresses.

    Raises:
        FetchError: an address that cannot be one, or is of another scheme than http and https.
    """
    addresses = [checked_url(source) for source in sources if "://" in source]
    return [Path(source).expanduser() for source in sources if "://" not in source], addresses


def ingest_paths(intake: Intake, paths: Sequence[Path], options: Options | None = None) -> IngestReport:
    """Ingest files and folders.

    Raises:
        ArticleError: a path leads nowhere, or a folder holds no article.
        StoreError: the index cannot be written; what was written before is whole.
    """
    return ingest_source_files(intake, list(find_files(list(paths))), options, _folders(paths))


def ingest_source_files(
    intake: Intake, files: Sequence[SourceFile], options: Options | None = None, roots: Sequence[Path] = ()
) -> IngestReport:
    """Ingest files that were found already; see `ingest_paths`.

    Args:
        intake: where to.
        files: what to read.
        options: how.
        roots: where `options.prune` looks for articles whose files are gone.
    """
    options = options or Options()
    with (
        intake.store.write_lock(options.wait, options.say),
        Indexer(intake.store, intake.model, intake.settings, options.on_result) as indexer,
    ):
        for file in files:
            if options.should_stop():
                break
            indexer.add_file(file, options.mapping)
        else:
            if options.prune:
                indexer.prune(roots)
    return indexer.report


def ingest_addresses(
    intake: Intake, addresses: Sequence[str], options: Options | None = None, fetcher: Fetcher | None = None
) -> IngestReport:
    """Ingest pages, feeds and news sitemaps; what could not be fetched is in the report.

    Args:
        intake: where to.
        addresses: http or https.
        options: how.
        fetcher: one that goes on being polite between runs; None: a new one.

    Raises:
        StoreError: the index cannot be written; what was written before is whole.
    """
    options = options or Options()
    fetcher = fetcher or Fetcher(intake.settings, options.should_stop)
    report = IngestReport()
    for address in addresses:
        options.say(f"fetching {address}")
        entries: list[WebEntry] = []
        failed = False
        for entry in visit(address, fetcher, intake.store.catalog, intake.settings):
            if options.should_stop():
                return report
            entries.append(entry)
            if len(entries) >= _PAGES_AT_ONCE:
                part = _put(intake, entries, options, feed_failed=failed)
                failed = failed or bool(part.count(Outcome.FAILED))
                report, entries = report.with_more(part), []
        report = report.with_more(_put(intake, entries, options, feed_failed=failed))
    return report


def ingest_upload(intake: Intake, name: str, content: bytes, options: Options | None = None) -> IngestReport:
    """Ingest the bytes of a file that has no path here; one of the same name is replaced.

    Args:
        intake: where to.
        name: of the file, for its format and its id.
        content: the bytes.
        options: how.
    """
    options = options or Options()
    with (
        intake.store.write_lock(options.wait, options.say),
        Indexer(intake.store, intake.model, intake.settings, options.on_result) as indexer,
    ):
        for loaded in _in_upload(name, content, options.mapping):
            indexer.add(loaded, named=True)
    return indexer.report


def preview_upload(
    name: str, content: bytes, mapping: Mapping[str, str] | None = None
) -> list[Article | Unreadable]:
    """Read the bytes of a file as ingest would, without an index."""
    return list(_in_upload(name, content, mapping or {}))


def preview_source(source: str, settings: Settings) -> list[Article | Unreadable]:
    """Read files, a folder or a page as ingest would, without an index.

    Raises:
        ArticleError: a path leads nowhere, or a page cannot be fetched.
    """
    paths, addresses = split_sources([source])
    found = [loaded for file in find_files(paths) for loaded in load_articles(file)]
    for address in addresses:
        found += load_page(address, Fetcher(settings))
    return found


def reingest(intake: Intake, article_id: str, options: Options | None = None) -> IngestReport:
    """Read an article's file or page again.

    Raises:
        ArticleError: there is no such article, or nothing to read it from again.
        StoreError: the index cannot be written.
    """
    article = intake.store.catalog.article(article_id)
    if article is None:
        raise ArticleError(f"there is no article {article_id!r}: see `newsdesk articles list`")
    if article.origin.startswith(UPLOADED):
        raise ArticleError(f"{article_id} was uploaded, and its file is not kept: upload it again")
    if is_address(article.origin):
        return ingest_addresses(intake, [article.origin], options)
    # The root under which it was found is not known: its own id stands for it.
    path = Path(article.origin)
    if not path.exists():
        raise ArticleError(f"{path} is gone: remove the article with `newsdesk articles remove`")
    return ingest_source_files(intake, [SourceFile(path, article_id, named=True)], options)


def _in_upload(name: str, content: bytes, mapping: Mapping[str, str]) -> list[Article | Unreadable]:
    name = Path(name.replace("\\", "/")).name
    return list(articles_in(content, name, f"{UPLOADED}{name}", f"uploads/{name}", mapping))


def _folders(paths: Sequence[Path]) -> list[Path]:
    return [path.expanduser().resolve() for path in paths]


def _put(intake: Intake, entries: Sequence[WebEntry], options: Options, *, feed_failed: bool) -> IngestReport:
    """Write what was fetched, and then remember that it was."""
    if not entries:
        return IngestReport()
    store = intake.store
    with store.write_lock(options.wait, options.say):
        with Indexer(store, intake.model, intake.settings, options.on_result) as indexer:
            immediate: list[FileResult | None] = [_add(indexer, entry) for entry in entries]
        ledger = store.catalog.ledger
        remembered: list[Fetched] = []
        for entry, result in zip(entries, immediate, strict=True):
            failed = result is not None and result.outcome is Outcome.FAILED
            if failed and entry.fetched is not None and entry.fetched.mark:
                # An entry of a feed: after some attempts it is let be until it changes.
                failed = ledger.attempts(entry.fetched.url) <= intake.settings.watch_retries
                if not failed:
                    ledger.set_aside([entry.fetched.url])
            feed_failed = feed_failed or failed
            own = entry.loaded is None and not entry.article_id
            if entry.fetched is None or failed or (own and feed_failed):
                continue
            withdrawn = result is not None and result.outcome is Outcome.WITHDRAWN
            remembered.append(_without_article(entry.fetched) if withdrawn else entry.fetched)
        if remembered:
            ledger.remember_fetched(remembered)
    return indexer.report


def _add(indexer: Indexer, entry: WebEntry) -> FileResult | None:
    if entry.loaded is not None:
        return indexer.add(entry.loaded, named=entry.named)
    return indexer.see(entry.article_id) if entry.article_id else None


def _without_article(fetched: Fetched) -> Fetched:
    return Fetched(fetched.url, mark=fetched.mark)
