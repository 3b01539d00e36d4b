"""Write articles to the index: unchanged ones cost nothing, changed ones replace themselves."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np

from ingest.chunker import chunk_article
from ingest.loaders import SourceFile, load_article
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import ArticleError
from qa.models import Article, Chunk
from qa.store import Store

_OUTBOX_EVERY = 50  # articles between two updates of the vector index


class Outcome(StrEnum):
    """What became of one file."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one file; `reason` says why it failed."""

    path: Path
    outcome: Outcome
    article_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcomes of a run, in order."""

    results: tuple[FileResult, ...] = field(default=())

    def count(self, outcome: Outcome) -> int:
        """Count the files with an outcome."""
        return sum(result.outcome is outcome for result in self.results)


def ingest_files(
    files: Iterable[SourceFile],
    store: Store,
    model: EmbeddingModel,
    settings: Settings,
    on_result: Callable[[FileResult], None] = lambda _: None,
) -> IngestReport:
    """Index files; one that fails does not stop the others. The caller holds the store's write lock.

    Args:
        files: what to read.
        store: where to write.
        model: embeds the chunks of what is new or changed.
        settings: chunk sizes.
        on_result: told of each file as it is done.
    """
    indexer = _Indexer(store, model, settings)
    results: list[FileResult] = []
    for result in indexer.run(files):
        on_result(result)
        results.append(result)
    return IngestReport(tuple(results))


def rebuild_index(store: Store, model: EmbeddingModel, settings: Settings) -> None:
    """Cut and embed every article of an index anew. The caller holds the store's write lock."""
    store.catalog.rebuild(lambda article: cut_and_embed(article, model, settings), store.identity)
    store.rebuild_vectors()
    store.catalog.finish_batch()


def cut_and_embed(article: Article, model: EmbeddingModel, settings: Settings) -> tuple[list[Chunk], np.ndarray]:
    """Cut an article and embed its chunks, each under the article's title, outlet and date.

    Returns:
        The chunks, and float32 vectors of shape (chunks, dimension).
    """
    heading = _heading(article)
    # What is embedded carries the heading; room is kept for it and two special tokens, so nothing is cut off.
    room = model.max_tokens - 2 - len(model.token_offsets(heading))
    chunks = chunk_article(
        article,
        model.token_offsets,
        size=max(32, min(settings.chunk_tokens, room)),
        overlap=settings.chunk_overlap,
    )
    return chunks, model.embed([heading + chunk.text for chunk in chunks])


def _heading(article: Article) -> str:
    published = article.published_at.strftime("%d %B %Y") if article.published_at else ""
    title = article.title if len(article.title) <= 300 else article.title[:300]
    return " | ".join(part for part in (title, article.source, published) if part) + "\n"


class _Indexer:
    def __init__(self, store: Store, model: EmbeddingModel, settings: Settings) -> None:
        self._store = store
        self._model = model
        self._settings = settings
        self._seen: dict[str, str] = {}  # article id -> origin, in this run

    def run(self, files: Iterable[SourceFile]) -> Iterator[FileResult]:
        changed = 0
        try:
            for file in files:
                result = self._ingest(file)
                changed += result.outcome in (Outcome.ADDED, Outcome.UPDATED)
                if changed and changed % _OUTBOX_EVERY == 0:
                    self._store.apply_outbox()
                yield result
        finally:
            self._store.apply_outbox()
            if changed:
                self._store.catalog.finish_batch()

    def _ingest(self, file: SourceFile) -> FileResult:
        try:
            article = load_article(file)
            self._refuse_foreign_twin(article)
        except ArticleError as exc:
            return FileResult(file.path, Outcome.FAILED, reason=str(exc))
        self._seen[article.id] = article.origin
        known = self._store.catalog.fingerprint_and_origin(article.id)
        if known and known[0] == article.fingerprint:
            if known[1] != article.origin:
                self._store.catalog.move_article(article.id, article.origin)
            return FileResult(file.path, Outcome.UNCHANGED, article.id)
        chunks, vectors = cut_and_embed(article, self._model, self._settings)
        self._store.catalog.replace_article(article, chunks, vectors)
        return FileResult(file.path, Outcome.UPDATED if known else Outcome.ADDED, article.id)

    def _refuse_foreign_twin(self, article: Article) -> None:
        """Refuse an article whose id belongs to another one that is still there and says something else."""
        known = self._store.catalog.fingerprint_and_origin(article.id)
        if known is None or known[1] == article.origin or known[0] == article.fingerprint:
            return
        if article.id in self._seen or Path(known[1]).exists():
            raise ArticleError(
                f"{article.origin} and {known[1]} both have the id {article.id!r} but differ: "
                "give one of them another id"
            )
