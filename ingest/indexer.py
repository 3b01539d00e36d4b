"""Write articles to the index: unchanged ones cost nothing, changed ones replace themselves."""

import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.chunker import chunk_article
from ingest.dedupe import band_keys, complete_bands, near_duplicates
from ingest.loaders import (
    NO_MAPPING,
    READER_VERSION,
    SourceFile,
    Unreadable,
    articles_in,
    read_bytes,
)
from ingest.report import FileResult, IngestReport, OnResult, Outcome
from ingest.rows import SUFFIXES as ROW_SUFFIXES
from qa.catalog import ArticleRecord
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import ArticleError
from qa.models import Article, Chunk
from qa.store import Store

__all__ = ["FileResult", "Indexer", "IngestReport", "Outcome", "cut_and_embed", "ingest_files"]

_BATCH_ARTICLES = 32  # embedded together, sorted by length
_BATCH_CHARACTERS = 200_000
_OUTBOX_EVERY = 1000  # chunks between two updates of the vector index: opening it costs a tenth of a second
UPLOADED = "upload:"  # begins the origin of what came through the page


def ingest_files(
    files: Iterable[SourceFile],
    store: Store,
    model: EmbeddingModel,
    settings: Settings,
    on_result: OnResult = lambda _: None,
) -> IngestReport:
    """Index files; one that fails does not stop the others. The caller holds the store's write lock.

    Args:
        files: what to read.
        store: where to write.
        model: embeds the chunks of what is new or changed.
        settings: chunk sizes.
        on_result: told of each article as it is done.
    """
    with Indexer(store, model, settings, on_result) as indexer:
        for file in files:
            indexer.add_file(file)
    return indexer.report


def cut_and_embed(
    articles: Sequence[Article], model: EmbeddingModel, settings: Settings
) -> list[tuple[list[Chunk], np.ndarray]]:
    """Cut articles and embed their chunks together, each under its article's title, outlet and date.

    Returns:
        For each article its chunks, and float32 vectors of shape (chunks, dimension).
    """
    cut = [_cut(article, model, settings) for article in articles]
    vectors = model.embed([heading + chunk.text for heading, chunks in cut for chunk in chunks])
    ends = np.cumsum([len(chunks) for _, chunks in cut])
    return [(chunks, vectors[end - len(chunks) : end]) for (_, chunks), end in zip(cut, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An article to be embedded with the next batch."""

    article: Article
    outcome: Outcome


class Indexer:
    """One run of ingest. Used as a context manager, under the store's write lock; `report` is there at the end."""

    def __init__(
        self, store: Store, model: EmbeddingModel, settings: Settings, on_result: OnResult = lambda _: None
    ) -> None:
        self._store = store
        self._catalog = store.catalog
        self._ledger = store.catalog.ledger
        self._model = model
        self._settings = settings
        self._on_result = on_result
        self._queue: list[_Waiting | FileResult] = []
        self._results: list[FileResult] = []
        self._seconds: Counter[str] = Counter()
        self._chunks = 0
        self._chunks_since_outbox = 0
        self._changed = False
        self._seen: dict[str, tuple[str, str]] = {}  # article id -> fingerprint and origin, in this run
        self._whole: set[str] = set()  # paths of files in which every row could be read
        self._hashes: dict[str, str] = {}  # path -> hash, of files to remember with the next batch
        self._failed: set[str] = set()

    def __enter__(self) -> "Indexer":
        # Between two runs of a watcher somebody may have reindexed, or put another folder in its place.
        self._catalog.reopen(self._store.identity)
        self._failed = {failure.origin for failure in self._ledger.failures()}
        complete_bands(self._catalog)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._flush()
            self._finish()
        elif issubclass(kind, KeyboardInterrupt):
            with contextlib.suppress(Exception):  # what is written is safe; the next run tells Chroma
                self._finish()

    @property
    def report(self) -> IngestReport:
        """The outcomes so far."""
        return IngestReport(tuple(self._results), dict(self._seconds), self._chunks)

    def add_file(self, file: SourceFile, mapping: Mapping[str, str] = NO_MAPPING) -> None:
        """Read a file and put its articles in, unless its bytes are those of the last time."""
        path = str(file.path)
        before = [origin for origin in self._failed if origin == path or origin.startswith(f"{path}, ")]
        failed: list[str] = []
        withdrawn = False
        with self._timed("read"):
            try:
                raw = read_bytes(file.arrived or file.path)
            except ArticleError as exc:
                self._fail(path, str(exc))
                return
            digest = _file_hash(raw, mapping)
            known = self._ledger.ids_from(path) if self._ledger.file_sha256(path) == digest else []
        if known and not before:
            self._whole.add(path)
            for article_id in known:
                self.see(article_id)
            return
        for loaded in self._loaded(articles_in(raw, file.path.name, path, file.fallback_id, mapping)):
            result = self.add(loaded, named=file.named)
            if result is not None and result.outcome is Outcome.FAILED:
                failed.append(result.origin)
            withdrawn = withdrawn or (result is not None and result.outcome is Outcome.WITHDRAWN)
        if not failed:  # a row that cannot be read today is not a row that is gone
            self._whole.add(path)
        if not failed and not withdrawn:
            self._hashes[path] = digest
        self._forgive([origin for origin in before if origin not in failed])

    def add(self, loaded: Article | Unreadable, *, named: bool = False) -> FileResult | None:
        """Put an article in, with the next batch.

        Args:
            loaded: the article, or why there is none.
            named: the user asked for this very one: it comes in even if it was removed by hand.

        Returns:
            The outcome if it is known at once, else None.
        """
        if isinstance(loaded, Unreadable):
            return self._fail(loaded.origin, loaded.reason)
        article = loaded
        if self._ledger.is_withdrawn(article.id):
            if not named:
                return self._push(FileResult(article.origin, Outcome.WITHDRAWN, article.id))
            self._ledger.readmit(article.id)
        known = self._catalog.fingerprint_and_origin(article.id)
        try:
            self._refuse_foreign_twin(article, known)
        except ArticleError as exc:
            return self._fail(article.origin, str(exc))
        again = article.id in self._seen
        self._seen[article.id] = (article.fingerprint, article.origin)
        if again or (known and known[0] == article.fingerprint):
            if known and known[1] != article.origin and not _still_there(known[1], article.origin):
                self._catalog.move_article(article.id, article.origin)
            return self._push(FileResult(article.origin, Outcome.UNCHANGED, article.id))
        self._queue.append(_Waiting(article, Outcome.UPDATED if known else Outcome.ADDED))
        waiting = [entry for entry in self._queue if isinstance(entry, _Waiting)]
        if len(waiting) >= _BATCH_ARTICLES or sum(len(w.article.text) for w in waiting) >= _BATCH_CHARACTERS:
            self._flush()
        return None

    def see(self, article_id: str) -> FileResult:
        """Note that an article is known to be what it was."""
        fingerprint, origin = self._catalog.fingerprint_and_origin(article_id) or ("", "")
        self._seen[article_id] = (fingerprint, origin)
        self._forgive([origin] if origin in self._failed else [])
        return self._push(FileResult(origin, Outcome.UNCHANGED, article_id))

    def prune(self, roots: Sequence[Path]) -> None:
        """Remove the articles that came from files under some folders and are not there any more.

        What cannot be looked at is left: a folder without permission, a file that cannot be read today.
        """
        self._flush()
        folders = [str(root) for root in roots]
        gone = []
        for article_id, origin in self._ledger.origins():
            inside = any(origin == folder or origin.startswith(f"{folder}/") for folder in folders)
            if inside and article_id not in self._seen and self._vanished(origin):
                gone.append((article_id, origin))
        self.remove(gone)
        self._forgive([o for o in self._failed if any(o.startswith(f"{f}/") for f in folders) and _is_gone(o)])

    def remove(self, articles: Sequence[tuple[str, str]]) -> None:
        """Remove articles, given by id and origin, whose files are gone."""
        if not articles:
            return
        self._catalog.remove_articles([article_id for article_id, _ in articles])
        self._store.apply_outbox()
        self._catalog.wipe_deleted()
        self._changed = True
        for article_id, origin in articles:
            self._push(FileResult(origin, Outcome.REMOVED, article_id))

    def _fail(self, origin: str, reason: str) -> FileResult:
        self._ledger.note_failure(origin, reason)
        self._failed.add(origin)
        return self._push(FileResult(origin, Outcome.FAILED, reason=reason))

    def _forgive(self, origins: Sequence[str]) -> None:
        if origins:
            self._ledger.forget_failures(origins)
            self._failed -= set(origins)

    def _push(self, result: FileResult) -> FileResult:
        """Tell of a result, after those that were given in before it."""
        if self._queue:
            self._queue.append(result)
        else:
            self._tell(result)
        return result

    def _tell(self, result: FileResult) -> None:
        self._results.append(result)
        self._on_result(result)

    def _loaded(self, articles: Iterator[Article | Unreadable]) -> Iterator[Article | Unreadable]:
        while True:
            with self._timed("read"):
                loaded = next(articles, None)
            if loaded is None:
                return
            yield loaded

    def _flush(self) -> None:
        """Embed and write what waits, and tell of it in order."""
        queue, self._queue = self._queue, []
        written = iter(self._write([entry.article for entry in queue if isinstance(entry, _Waiting)]))
        for entry in queue:
            if isinstance(entry, FileResult):
                self._tell(entry)
                continue
            copies = next(written)
            self._forgive([entry.article.origin] if entry.article.origin in self._failed else [])
            self._tell(FileResult(entry.article.origin, entry.outcome, entry.article.id, copies=copies))
        if self._hashes:
            self._ledger.remember_files(self._hashes)
            self._hashes = {}
        if self._chunks_since_outbox >= _OUTBOX_EVERY:
            self._apply_outbox()

    def _write(self, articles: Sequence[Article]) -> Iterator[tuple[str, ...]]:
        """Write articles, each in a transaction of its own, and give the near-duplicates of each."""
        if not articles:
            return
        with self._timed("chunk"):
            cut = [_cut(article, self._model, self._settings) for article in articles]
        with self._timed("embed"):
            vectors = self._model.embed([heading + chunk.text for heading, chunks in cut for chunk in chunks])
        self._changed = True
        end = 0
        for article, (_, chunks) in zip(articles, cut, strict=True):
            start, end = end, end + len(chunks)
            with self._timed("write"):
                keys = band_keys(article.text)
                copies = near_duplicates(self._catalog, article, keys)
                replaces = self._earlier_in_the_same_file(article)
                record = ArticleRecord(article, chunks, vectors[start:end], keys, copies, replaces)
                self._catalog.put([record])
            self._chunks += len(chunks)
            self._chunks_since_outbox += len(chunks)
            yield tuple(other for other, _ in copies)

    def _finish(self) -> None:
        self._apply_outbox()
        if self._changed:
            self._catalog.finish_batch()

    def _apply_outbox(self) -> None:
        with self._timed("vectors"):
            self._store.apply_outbox()
        self._chunks_since_outbox = 0

    def _earlier_in_the_same_file(self, article: Article) -> list[str]:
        """Give the articles that the file held before it got another id; a file of rows holds many."""
        if Path(article.origin).suffix.lower() in ROW_SUFFIXES:
            return []
        return [i for i in self._ledger.ids_from(article.origin) if i != article.id and i not in self._seen]

    def _refuse_foreign_twin(self, article: Article, known: tuple[str, str] | None) -> None:
        """Refuse an article whose id belongs to another one that is still there and says something else."""
        seen = self._seen.get(article.id)
        if seen is not None:
            known = seen
        if known is None or known[0] == article.fingerprint:
            return
        if seen is None and (known[1] == article.origin or not _still_there(known[1], article.origin)):
            return
        raise ArticleError(
            f"{article.origin} and {known[1]} both have the id {article.id!r} but differ: "
            "give one of them another id"
        )

    def _vanished(self, origin: str) -> bool:
        return _is_gone(origin) or (Path(origin).suffix.lower() in ROW_SUFFIXES and origin in self._whole)

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] += time.perf_counter() - started  # type: ignore[assignment]


def is_address(origin: str) -> bool:
    """Tell whether an origin is a web address."""
    return origin.startswith(("http://", "https://"))


def _still_there(origin: str, other: str) -> bool:
    """Tell whether an article's origin still holds it, seen from another origin of the same id."""
    if origin.startswith(UPLOADED):
        return False
    if is_address(origin):
        return not is_address(other)  # one page under two addresses is one article
    return Path(origin).exists()


def _is_gone(origin: str) -> bool:
    try:
        Path(origin).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _file_hash(raw: bytes, mapping: Mapping[str, str]) -> str:
    digest = hashlib.sha256(f"{READER_VERSION} {sorted(mapping.items())}\n".encode())
    digest.update(raw)
    return digest.hexdigest()


def _cut(article: Article, model: EmbeddingModel, settings: Settings) -> tuple[str, list[Chunk]]:
    """Give an article's heading, which is embedded before each chunk, and its chunks."""
    heading = _heading(article)
    # What is embedded carries the heading; room is kept for it and two special tokens, so nothing is cut off.
    room = model.max_tokens - 2 - len(model.token_offsets(heading))
    chunks = chunk_article(
        article,
        model.token_offsets,
        size=max(32, min(settings.chunk_tokens, room)),
        overlap=settings.chunk_overlap,
    )
    return heading, chunks


def _heading(article: Article) -> str:
    published = article.published_at.strftime("%d %B %Y") if article.published_at else ""
    title = article.title if len(article.title) <= 300 else article.title[:300]
    return " | ".join(part for part in (title, article.source, published) if part) + "\n"
