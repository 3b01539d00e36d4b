"""The store: the catalog joined with its derived vector index. The only file that knows chromadb."""

import contextlib
import errno
import itertools
import json
import logging
import os
import re
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from qa.catalog import Catalog, IndexIdentity, OutboxEntry, no_space
from qa.errors import IndexDamagedError, IndexLockedError, IndexReadOnlyError, NewsdeskError, StoreError
from qa.models import Article, Chunk

_COLLECTION = "chunks"
_LOCK_NAME = "writer.lock"
_HOLDER_NAME = "writer.json"  # who holds the lock: says so to whoever waits
_FULL = re.compile(r"no space left|disk is full|quota exceeded", re.IGNORECASE)
_CLOSED_SECONDS = 30.0  # before a vector index that cannot be opened is tried again
_SAY_AFTER = 1.0  # seconds of waiting before it is said
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
        self._closed_until = 0.0

    @classmethod
    def open(cls, data_dir: Path, identity: IndexIdentity) -> "Store":
        """Open an index for asking, applying what an interrupted ingest left in the outbox if it can.

        Raises:
            StoreError: see `Catalog.open`.
        """
        store = cls(data_dir, Catalog.open(data_dir, identity), identity)
        if store.catalog.outbox():
            with contextlib.suppress(StoreError), store.write_lock(wait=0):
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
        for attempt in (1, 2):
            collection = self._current_collection()
            if collection is None:
                return self._search_exactly(vector, limit)
            try:
                result = collection.query(
                    query_embeddings=[vector.tolist()], n_results=limit, include=["distances"]
                )
            except Exception as exc:
                # Another process has put a new vector index in its place while this one was being read.
                with self._opening:
                    self._collection_generation = -1
                if attempt == 2:
                    raise IndexDamagedError(
                        f"the vector index in {self._data_dir} cannot be read ({exc}): "
                        "run `newsdesk reindex --vectors` to make it again from the catalog"
                    ) from exc
                continue
            # Chroma gives cosine distance, 1 - cosine.
            return [(i, 1.0 - d) for i, d in zip(result["ids"][0], result["distances"][0], strict=True)]
        return []

    def _search_exactly(self, vector: np.ndarray, limit: int) -> list[tuple[str, float]]:
        """Search the catalog's own vectors: slower, and there even when Chroma cannot be opened (a full disk)."""
        best: list[tuple[str, float]] = []
        for ids, matrix in self.catalog.all_vectors():
            best = sorted([*best, *zip(ids, (matrix @ vector).tolist(), strict=True)], key=lambda hit: -hit[1])[
                :limit
            ]
        return best

    def _current_collection(self) -> Any:
        """Give the collection, through a fresh client when another process has written since.

        A Chroma client does not see what another process wrote, and returns what it deleted. None: it cannot be
        opened now.
        """
        generation = self.catalog.number("vectors_generation")
        with self._opening:
            if generation != self._collection_generation and time.monotonic() >= self._closed_until:
                self.catalog.check(self.identity)  # somebody may have rebuilt it with another model
                # The number from before: what is written meanwhile is looked at again next time.
                generation = self.catalog.number("vectors_generation")
                self._collection = self._reopen()
                self._collection_generation = generation if self._collection is not None else -1
                empty = self._collection is None and not self.catalog.counts()[1]
                self._closed_until = (
                    0.0 if self._collection is not None or empty else time.monotonic() + _CLOSED_SECONDS
                )
            return self._collection

    def _reopen(self) -> Any:
        """Open the collection, making it again from the catalog if it is damaged and nobody else writes."""
        collection = self._openable(self.catalog.manifest()["vectors_folder"])
        if collection is None and self.catalog.counts()[1]:
            with contextlib.suppress(StoreError), self.write_lock(wait=0):
                collection = self._openable(self.catalog.manifest()["vectors_folder"])
                if collection is None:
                    self.rebuild_vectors()
                    collection = self._openable(self.catalog.manifest()["vectors_folder"])
        return collection

    # Writing

    @contextlib.contextmanager
    def write_lock(self, wait: float = 10, say: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Hold the writer's lock of the folder; one process or thread at a time.

        Args:
            wait: seconds to wait for another writer.
            say: told who is being waited for.

        Raises:
            IndexLockedError: another writer still holds it.
            IndexReadOnlyError: the folder cannot be written.
        """
        with writer_lock(self._data_dir, wait, say):
            yield

    def apply_outbox(self) -> None:
        """Bring Chroma up to date with the catalog; idempotent. The caller holds the write lock.

        Raises:
            StoreError: Chroma cannot write; the catalog has everything, and the next ingest goes on.
        """
        entries = self.catalog.outbox()
        folder = self.catalog.manifest()["vectors_folder"]
        if not entries and folder and (self._data_dir / folder).is_dir():
            return
        collection = self._openable(folder)
        if collection is None:
            self.rebuild_vectors()
            return
        with self._chroma_errors():
            for first in range(0, len(entries), _CHROMA_BATCH):
                _apply(collection, entries[first : first + _CHROMA_BATCH])
        if entries:
            self.catalog.outbox_done(up_to=max(entry.seq for entry in entries))

    def rebuild_vectors(self, on_progress: Callable[[int], None] = lambda _: None) -> None:
        """Make the vector index anew from the catalog, without embedding. The caller holds the lock.

        The old one serves until the new one is whole.

        Args:
            on_progress: told of the number of chunks written so far.
        """
        name = self.fill_vectors("chunk", on_progress)
        self.catalog.adopt_vectors(name)
        self.drop_old_vectors()

    def fill_vectors(self, table: str, on_progress: Callable[[int], None] = lambda _: None) -> str:
        """Write every chunk of a table of the catalog into a new vector index, and give its folder's name."""
        # A new folder: Chroma cannot reuse one that was deleted under a living process.
        name = f"vectors-{uuid.uuid4().hex[:8]}"
        done = 0
        try:
            with self._chroma_errors():
                collection = _create_collection(self._data_dir / name)
                for ids, vectors in self.catalog.all_vectors(table, _CHROMA_BATCH):
                    collection.upsert(ids=ids, embeddings=vectors)
                    done += len(ids)
                    on_progress(done)
        except BaseException:
            shutil.rmtree(self._data_dir / name, ignore_errors=True)  # half an index only takes up space
            raise
        return name

    def drop_old_vectors(self) -> None:
        """Delete the folders of vector indexes that are not in use. The caller holds the lock."""
        name = self.catalog.manifest()["vectors_folder"]
        for path in self._data_dir.glob("vectors-*"):
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)

    @property
    def data_dir(self) -> Path:
        """The folder of the index."""
        return self._data_dir

    def _openable(self, folder: str) -> Any:
        if not folder or not (self._data_dir / folder).is_dir():
            return None
        try:
            collection = _open_collection(self._data_dir / folder)
            collection.count()
        except Exception as exc:  # noqa: BLE001  whatever Chroma trips over, the catalog can rebuild it
            _logger.warning(
                "the vector index cannot be opened (%s): the catalog stands in, and makes it again", exc
            )
            return None
        return collection

    @contextlib.contextmanager
    def _chroma_errors(self) -> Iterator[None]:
        """Name what keeps Chroma from writing; it raises anything, and the catalog has lost nothing."""
        try:
            yield
        except NewsdeskError:
            raise
        except Exception as exc:
            if _is_full(exc, self._data_dir):
                raise IndexReadOnlyError(
                    f"no space left for the index in {self._data_dir}: free some, then run this again; "
                    "nothing is lost"
                ) from exc
            raise StoreError(
                f"the vector index in {self._data_dir} cannot be written ({exc}): nothing is lost; run this "
                "again, or `newsdesk reindex --vectors` to make it anew"
            ) from exc


def _is_full(exc: Exception, folder: Path) -> bool:
    if isinstance(exc, OSError) and exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return bool(_FULL.search(str(exc))) or no_space(folder)


@contextlib.contextmanager
def writer_lock(data_dir: Path, wait: float, say: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the writer's lock of an index folder; see `Store.write_lock`."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data_dir / _LOCK_NAME)
        _acquire(lock, data_dir, wait, say)
    except OSError as exc:
        if _is_full(exc, data_dir if data_dir.exists() else data_dir.parent):
            raise IndexReadOnlyError(f"no space left for the index in {data_dir}: free some") from exc
        raise IndexReadOnlyError(
            f"the index folder {data_dir} cannot be written ({exc.strerror}): change its permissions, "
            "or choose another with --data-dir"
        ) from exc
    try:
        _sign(data_dir)
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, data_dir: Path, wait: float, say: Callable[[str], None]) -> None:
    started = time.monotonic()
    said = False
    while True:
        left = wait - (time.monotonic() - started)
        try:
            lock.acquire(timeout=max(0.0, left if said else min(left, _SAY_AFTER)))
        except Timeout as exc:
            if said or left <= _SAY_AFTER:
                raise IndexLockedError(
                    f"another process is writing to {data_dir}{_holder(data_dir)}: wait until it is done, "
                    "then run this again"
                ) from exc
            say(f"waiting: another process is writing to {data_dir}{_holder(data_dir)}")
            said = True
        else:
            return


def _sign(data_dir: Path) -> None:
    """Leave word of who holds the lock. That it cannot be written is no reason not to work."""
    holder = {
        "pid": os.getpid(),
        "command": " ".join(["newsdesk", *sys.argv[1:2]]),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with contextlib.suppress(OSError):
        (data_dir / _HOLDER_NAME).write_text(json.dumps(holder), encoding="utf-8")


def _holder(data_dir: Path) -> str:
    try:
        holder = json.loads((data_dir / _HOLDER_NAME).read_text(encoding="utf-8"))
        return f" (`{holder['command']}`, process {int(holder['pid'])}, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


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
