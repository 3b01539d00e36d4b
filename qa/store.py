"""The store: the catalog joined with its derived vector index. The only file that knows chromadb."""

import contextlib
import itertools
import logging
import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from qa.catalog import Catalog, IndexIdentity, OutboxEntry
from qa.errors import IndexLockedError, IndexReadOnlyError
from qa.models import Article, Chunk

_COLLECTION = "chunks"
_LOCK_NAME = "writer.lock"
_CHROMA_BATCH = 2000  # Chroma takes 5,461 at most
_logger = logging.getLogger(__name__)
_client_numbers = itertools.count(1)


class Store:
    """Articles, chunks and vectors of one index folder.

    What Chroma returns and the catalog does not know is dropped; what Chroma has not learned yet is
    searched exactly. So nothing deleted or half-written is ever returned.
    """

    def __init__(self, data_dir: Path, catalog: Catalog, identity: IndexIdentity) -> None:
        self._data_dir = data_dir
        self.identity = identity
        self.catalog = catalog
        self._opening = threading.Lock()
        self._collection: Any = None
        self._collection_generation = -1

    @classmethod
    def open(cls, data_dir: Path, identity: IndexIdentity) -> "Store":
        """Open an index for asking, applying what an interrupted ingest left in the outbox if it can.

        Raises:
            StoreError: see `Catalog.open`.
        """
        store = cls(data_dir, Catalog.open(data_dir, identity), identity)
        if store.catalog.outbox():
            with contextlib.suppress(IndexLockedError, IndexReadOnlyError), store.write_lock(wait=0):
                store.apply_outbox()
        return store

    @classmethod
    def create_or_open(cls, data_dir: Path, identity: IndexIdentity) -> "Store":
        """Open an index for writing, making an empty one when there is none; the caller holds the lock."""
        return cls(data_dir, Catalog.create_or_open(data_dir, identity), identity)

    @classmethod
    def open_for_rebuild(cls, data_dir: Path, identity: IndexIdentity) -> "Store":
        """Open an index whatever it was built with, to build it anew; the caller holds the lock.

        Raises:
            IndexNotFoundError: nothing was ingested into the folder.
        """
        return cls(data_dir, Catalog.open_unchecked(data_dir), identity)

    # Searching

    def search_keywords(self, query: str, limit: int) -> list[str]:
        """Give the ids of the chunks that match the query's words best."""
        return self.catalog.search_keywords(query, limit)

    def search_dense(self, vector: np.ndarray, limit: int) -> list[tuple[str, float]]:
        """Give the ids of the chunks nearest to a normalised vector, each with its cosine, best first."""
        # Pending ones first: a chunk that moves to Chroma meanwhile is found there, in a newer generation.
        pending_ids, matrix = self.catalog.pending_vectors()
        found = dict(self._search_chroma(vector, limit))
        if pending_ids:
            found.update(zip(pending_ids, (matrix @ vector).tolist(), strict=True))
        return sorted(found.items(), key=lambda hit: (-hit[1], hit[0]))[:limit]

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, tuple[Chunk, Article]]:
        """Give the chunks that exist among the ids, each with its article."""
        return self.catalog.chunks(chunk_ids)

    def _search_chroma(self, vector: np.ndarray, limit: int) -> list[tuple[str, float]]:
        collection = self._current_collection()
        if collection is None:
            return []
        result = collection.query(query_embeddings=[vector.tolist()], n_results=limit, include=["distances"])
        # Chroma gives cosine distance, 1 - cosine.
        return [(i, 1.0 - d) for i, d in zip(result["ids"][0], result["distances"][0], strict=True)]

    def _current_collection(self) -> Any:
        """Give the collection, through a fresh client when another process has written since.

        A Chroma client does not see what another process wrote, and returns what it deleted.
        """
        generation = self.catalog.number("vectors_generation")
        with self._opening:
            if generation != self._collection_generation:
                self.catalog.check(self.identity)  # somebody may have rebuilt it with another model
                self._collection = self._reopen()
                self._collection_generation = self.catalog.number("vectors_generation")
            return self._collection

    def _reopen(self) -> Any:
        """Open the collection, making it again from the catalog if it is damaged and nobody else writes."""
        collection = self._openable(self.catalog.manifest()["vectors_folder"])
        if collection is None:
            with contextlib.suppress(IndexLockedError, IndexReadOnlyError), self.write_lock(wait=0):
                self.rebuild_vectors()
                collection = self._openable(self.catalog.manifest()["vectors_folder"])
        return collection

    # Writing

    @contextlib.contextmanager
    def write_lock(self, wait: float = 10) -> Iterator[None]:
        """Hold the writer's lock of the folder; one process or thread at a time.

        Args:
            wait: seconds to wait for another writer.

        Raises:
            IndexLockedError: another writer still holds it.
            IndexReadOnlyError: the folder cannot be written.
        """
        with writer_lock(self._data_dir, wait):
            yield

    def apply_outbox(self) -> None:
        """Bring Chroma up to date with the catalog; idempotent. The caller holds the write lock."""
        entries = self.catalog.outbox()
        folder = self.catalog.manifest()["vectors_folder"]
        if not entries and folder and (self._data_dir / folder).is_dir():
            return
        collection = self._openable(folder)
        if collection is None:
            collection = self._start_vectors()
            entries = self.catalog.outbox()
        if not entries:
            return
        for first in range(0, len(entries), _CHROMA_BATCH):
            _apply(collection, entries[first : first + _CHROMA_BATCH])
        self.catalog.outbox_done(up_to=max(entry.seq for entry in entries))

    def rebuild_vectors(self) -> None:
        """Make the vector index anew from the catalog, without embedding. The caller holds the lock."""
        self._start_vectors()
        self.apply_outbox()

    def _openable(self, folder: str) -> Any:
        if not folder or not (self._data_dir / folder).is_dir():
            return None
        try:
            collection = _open_collection(self._data_dir / folder)
            collection.count()
        except Exception as exc:  # noqa: BLE001  whatever Chroma trips over, the catalog can rebuild it
            _logger.warning("the vector index is damaged and is made again from the catalog: %s", exc)
            return None
        return collection

    def _start_vectors(self) -> Any:
        # A new folder: Chroma cannot reuse one that was deleted under a living process.
        name = f"vectors-{uuid.uuid4().hex[:8]}"
        collection = _create_collection(self._data_dir / name)
        self.catalog.set_vectors_folder(name)
        for path in self._data_dir.glob("vectors-*"):
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)
        return collection


@contextlib.contextmanager
def writer_lock(data_dir: Path, wait: float) -> Iterator[None]:
    """Hold the writer's lock of an index folder; see `Store.write_lock`."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data_dir / _LOCK_NAME, timeout=wait)
        lock.acquire()
    except Timeout as exc:
        raise IndexLockedError(
            f"another process is writing to {data_dir}: wait until it is done, then run this again"
        ) from exc
    except OSError as exc:
        raise IndexReadOnlyError(
            f"the index folder {data_dir} cannot be written ({exc.strerror}): change its permissions, "
            "or choose another with --data-dir"
        ) from exc
    try:
        yield
    finally:
        lock.release()


def _apply(collection: Any, entries: Sequence[OutboxEntry]) -> None:
    gone = [entry.chunk_id for entry in entries if entry.vector is None]
    there = [(entry.chunk_id, entry.vector) for entry in entries if entry.vector is not None]
    if gone:
        collection.delete(ids=gone)
    if there:
        vectors = np.stack([np.frombuffer(vector, dtype=np.float32) for _, vector in there])
        collection.upsert(ids=[chunk_id for chunk_id, _ in there], embeddings=vectors)


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    # Chroma shares one client per spelling of a path, and a shared one is stale after another process
    # wrote. A spelling of its own gives each client a view of its own, and old ones finish undisturbed.
    spelling = str(folder) + "/." * next(_client_numbers)
    return chromadb.PersistentClient(spelling, settings=Settings(anonymized_telemetry=False))


def _open_collection(folder: Path) -> Any:
    return _client(folder).get_collection(_COLLECTION, embedding_function=None)


def _create_collection(folder: Path) -> Any:
    return _client(folder).create_collection(
        _COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
