"""Indexes of corpora, kept by content: a corpus is cut and embedded once, however often it is asked."""

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from filelock import FileLock

from ingest.indexer import Outcome, ingest_files
from ingest.loaders import SourceFile, Unreadable, find_files, load_articles
from ingest.rows import SUFFIXES as ROW_SUFFIXES
from qa.catalog import Catalog, IndexIdentity
from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import InputError
from qa.models import Article
from qa.schema import SCHEMA_VERSION
from qa.store import Store
from qa.weights import Progress

_FOLDER = "eval-indexes"


def corpus_files(corpus: Sequence[Path]) -> list[SourceFile]:
    """Find the files of a corpus; a file of rows in one of its folders that holds no articles is a gold set.

    Raises:
        InputError: a path leads nowhere, or holds no article.
    """
    return [file for file in find_files(list(corpus)) if file.named or not _is_gold(file)]


def corpus_articles(corpus: Sequence[Path]) -> list[Article]:
    """Read a corpus.

    Raises:
        InputError: a path or an article cannot be read.
    """
    articles = []
    for file in corpus_files(corpus):
        for loaded in load_articles(file):
            if isinstance(loaded, Unreadable):
                raise InputError(loaded.reason)
            articles.append(loaded)
    return articles


def _is_gold(file: SourceFile) -> bool:
    return file.path.suffix.lower() in ROW_SUFFIXES and isinstance(next(load_articles(file), None), Unreadable)


def corpus_sha256(files: Iterable[SourceFile]) -> str:
    """Give the hash of a corpus: of the names and the content of its files, in order of the names.

    Raises:
        InputError: a file cannot be read.
    """
    total = hashlib.sha256()
    for file in sorted(files, key=lambda f: f.fallback_id):
        try:
            content = file.path.read_bytes()
        except OSError as exc:
            raise InputError(f"cannot read {file.path}: {exc.strerror}") from exc
        total.update(f"{file.fallback_id}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def cached_index(
    settings: Settings, corpus: Sequence[Path], model: EmbeddingModel, progress: Progress
) -> tuple[Settings, str]:
    """Index a corpus, unless the same one was indexed with the same settings before.

    Args:
        settings: how to cut and embed; its cache_dir keeps the index.
        corpus: files and folders of articles.
        model: the settings' embedding model.
        progress: told of what takes a while.

    Returns:
        The settings that use the index, and the sha256 of the corpus.

    Raises:
        InputError: a path or an article cannot be read.
    """
    sha256 = corpus_sha256(corpus_files(corpus))
    identity = IndexIdentity.of(model, settings)
    key = hashlib.sha256(f"{sha256} {SCHEMA_VERSION} {identity}".encode()).hexdigest()[:24]
    folder = settings.cache_dir / _FOLDER / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            # Built beside it and moved when whole: an interrupted run leaves nothing that looks finished.
            unfinished = folder.with_name(f"{key}.{uuid.uuid4().hex[:8]}")
            try:
                index_corpus(settings.model_copy(update={"data_dir": unfinished}), corpus, model, progress)
                unfinished.rename(folder)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return settings.model_copy(update={"data_dir": folder}), sha256


def index_sha256(settings: Settings, model: EmbeddingModel) -> str:
    """Give the hash of what the settings' own index holds: of its articles' ids and fingerprints.

    Raises:
        StoreError: the index cannot be used.
    """
    catalog = Catalog.open(settings.data_dir, IndexIdentity.of(model, settings))
    parts = sorted(f"{article.id} {article.fingerprint}" for article in catalog.articles())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def index_corpus(settings: Settings, corpus: Sequence[Path], model: EmbeddingModel, progress: Progress) -> None:
    """Ingest articles into the settings' index.

    Raises:
        InputError: a path or an article cannot be read.
    """
    files = corpus_files(corpus)
    store = Store.create_or_open(settings.data_dir, IndexIdentity.of(model, settings))
    progress(f"indexing {len(files)} articles")
    with store.write_lock():
        report = ingest_files(files, store, model, settings)
    failed = [result.reason for result in report.results if result.outcome is Outcome.FAILED]
    store.catalog.close()
    if failed:
        raise InputError(f"the corpus cannot be indexed: {failed[0]}")
