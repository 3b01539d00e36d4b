"""The catalog: one SQLite file that is the truth about articles, chunks and vectors.

Chroma is derived from it through the outbox, a numbered log of the chunks that Chroma has still to learn
or to forget. Everything that changes one article happens in one transaction, so a reader sees the old
version or the new one, and a process killed anywhere leaves nothing half done.
"""

import contextlib
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from qa.config import Settings
from qa.embeddings import EmbeddingModel
from qa.errors import IndexDamagedError, IndexMismatchError, IndexNotFoundError, IndexReadOnlyError
from qa.models import Article, Chunk
from qa.text import acronym_forms, content_words

SCHEMA_VERSION = "1"
CHUNKER_VERSION = "sentences-1"
FILE_NAME = "catalog.sqlite3"
_BUSY_SECONDS = 30  # a reader waits this long for a writer's commit at most
_MAX_VARIABLES = 500  # ids in one SQL statement

_SCHEMA = """
CREATE TABLE manifest (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, text TEXT NOT NULL, url TEXT NOT NULL, source TEXT NOT NULL,
    author TEXT NOT NULL, published_at TEXT, fingerprint TEXT NOT NULL, origin TEXT NOT NULL,
    ingested_at TEXT NOT NULL
);
CREATE TABLE chunk (
    rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    article_id TEXT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX chunk_article ON chunk (article_id);
CREATE VIRTUAL TABLE chunk_fts USING fts5 (
    title, source, published, body, tokenize = "porter unicode61 remove_diacritics 2"
);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, chunk_id TEXT NOT NULL, op TEXT NOT NULL
);
"""
_CHUNK_COLUMNS = "c.id, c.article_id, c.position, c.start, c.end, substr(a.text, c.start + 1, c.end - c.start)"
_ARTICLE_COLUMNS = "a.id, a.title, a.text, a.url, a.source, a.author, a.published_at, a.fingerprint, a.origin"


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """What an index was built with: vectors and chunks of different identities must not be mixed."""

    embedding_model: str
    embedding_sha256: str
    dimension: int
    chunker: str  # version and sizes

    @classmethod
    def of(cls, model: EmbeddingModel, settings: Settings) -> "IndexIdentity":
        """Give the identity of what these settings build."""
        chunker = f"{CHUNKER_VERSION}/{settings.chunk_tokens}/{settings.chunk_overlap}"
        return cls(model.name, model.sha256, model.dimension, chunker)

    def as_manifest(self) -> dict[str, str]:
        """Give the entries of the manifest that hold this identity."""
        return {
            "schema_version": SCHEMA_VERSION,
            "embedding_model": self.embedding_model,
            "embedding_sha256": self.embedding_sha256,
            "dimension": str(self.dimension),
            "chunker": self.chunker,
        }


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One thing that Chroma has still to do: learn the chunk's vector, or forget the chunk (None)."""

    seq: int
    chunk_id: str
    vector: bytes | None


class Catalog:
    """The catalog of one index folder. Safe to use from several threads: each has its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    # Opening

    @classmethod
    def open(cls, data_dir: Path, identity: IndexIdentity) -> "Catalog":
        """Open an existing catalog.

        Raises:
            IndexNotFoundError: nothing was ingested into the folder.
            IndexMismatchError: it was built with something else.
            IndexDamagedError: it is not readable.
            IndexReadOnlyError: the folder cannot be written, which SQLite needs even for reading.
        """
        catalog = cls.open_unchecked(data_dir)
        catalog.check(identity)
        return catalog

    @classmethod
    def open_unchecked(cls, data_dir: Path) -> "Catalog":
        """Open an existing catalog whatever it was built with; raises as `open`, but for the mismatch."""
        path = data_dir / FILE_NAME
        if not path.is_file():
            raise IndexNotFoundError(
                f"there is no index in {data_dir} yet: add articles with `newsdesk ingest PATH`"
            )
        return cls(path)

    @classmethod
    def create_or_open(cls, data_dir: Path, identity: IndexIdentity) -> "Catalog":
        """Open the catalog, making the folder and an empty catalog when there is none.

        Raises:
            As `open`, but never IndexNotFoundError.
        """
        path = data_dir / FILE_NAME
        with _errors_named(path):
            if not path.exists():
                data_dir.mkdir(parents=True, exist_ok=True)
                cls._create(path, identity)
        return cls.open(data_dir, identity)

    @classmethod
    def _create(cls, path: Path, identity: IndexIdentity) -> None:
        # Made beside and renamed: a process killed here leaves no half-made catalog under the name.
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.new")
        connection = sqlite3.connect(temporary)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)
            entries = {
                **identity.as_manifest(),
                "index_id": uuid.uuid4().hex,
                "generation": "0",
                "vectors_generation": "0",
                "vectors_folder": "",
            }
            connection.executemany("INSERT INTO manifest VALUES (?, ?)", entries.items())
            connection.commit()
        finally:
            connection.close()
        temporary.replace(path)

    def check(self, identity: IndexIdentity) -> None:
        """Raise IndexMismatchError when the index was built with something else than `identity`."""
        stored = self.manifest()
        for key, wanted in identity.as_manifest().items():
            if stored.get(key) != wanted:
                raise IndexMismatchError(
                    f"the index in {self._path.parent} was built with {key} {stored.get(key)!r}, the settings "
                    f"ask for {wanted!r}: run `newsdesk ingest --rebuild`, or use another --data-dir"
                )

    # Reading

    def manifest(self) -> dict[str, str]:
        """Give all entries of the manifest."""
        return dict(self._rows("SELECT key, value FROM manifest"))

    def number(self, key: str) -> int:
        """Give one of the manifest's counters."""
        ((value,),) = self._rows("SELECT value FROM manifest WHERE key = ?", (key,))
        return int(value)

    def fingerprint_and_origin(self, article_id: str) -> tuple[str, str] | None:
        """Give what is known of an article, or None when it is not there."""
        rows = self._rows("SELECT fingerprint, origin FROM article WHERE id = ?", (article_id,))
        return rows[0] if rows else None

    def counts(self) -> tuple[int, int]:
        """Give the numbers of articles and of chunks."""
        ((articles, chunks),) = self._rows("SELECT (SELECT count(*) FROM article), (SELECT count(*) FROM chunk)")
        return articles, chunks

    def articles(self, limit: int = -1) -> list[Article]:
        """Give the newest articles, by date of publication, then of ingest; -1: all of them."""
        rows = self._rows(
            f"SELECT {_ARTICLE_COLUMNS} FROM article a "  # noqa: S608  constant columns
            "ORDER BY a.published_at DESC NULLS LAST, a.ingested_at DESC, a.id LIMIT ?",
            (limit,),
        )
        return [_to_article(row) for row in rows]

    def article(self, article_id: str) -> Article | None:
        """Give an article, or None."""
        rows = self._rows(f"SELECT {_ARTICLE_COLUMNS} FROM article a WHERE a.id = ?", (article_id,))  # noqa: S608
        return _to_article(rows[0]) if rows else None

    def chunks(self, chunk_ids: Sequence[str]) -> dict[str, tuple[Chunk, Article]]:
        """Give the chunks that exist among the ids, each with its article."""
        found: dict[str, tuple[Chunk, Article]] = {}
        for ids in _slices(chunk_ids):
            rows = self._rows(
                f"SELECT {_CHUNK_COLUMNS}, {_ARTICLE_COLUMNS} FROM chunk c "  # noqa: S608
                f"JOIN article a ON a.id = c.article_id WHERE c.id IN ({_marks(ids)})",
                ids,
            )
            for row in rows:
                found[row[0]] = (Chunk(*row[:6]), _to_article(row[6:]))
        return found

    def sources(self) -> list[str]:
        """Give the outlets of the index, in alphabetical order."""
        return [
            source for (source,) in self._rows("SELECT DISTINCT source FROM article ORDER BY source") if source
        ]

    def newest_day(self) -> date | None:
        """Give the day of publication of the newest article; None where none has a date."""
        ((newest,),) = self._rows("SELECT max(published_at) FROM article")
        return datetime.fromisoformat(newest).date() if newest else None

    def chunk_ids_of(self, article_id: str) -> list[str]:
        """Give the ids of an article's chunks, in the order of its text."""
        rows = self._rows("SELECT id FROM chunk WHERE article_id = ? ORDER BY position", (article_id,))
        return [chunk_id for (chunk_id,) in rows]

    def search_keywords_within(
        self, query: str, limit: int, sources: Sequence[str], since: date | None, until: date | None
    ) -> list[str]:
        """Search as `search_keywords`, among the articles of some outlets and days alone.

        Args:
            query: what to look for.
            limit: ids to give at most.
            sources: the outlets; empty: all.
            since: the first day of publication, or None.
            until: the last day, or None.
        """
        match = _match_expression(query)
        if not match:
            return []
        conditions, values = _within(sources, since, until)
        rows = self._rows(
            "SELECT c.id FROM chunk_fts f JOIN chunk c ON c.rowid = f.rowid JOIN article a ON a.id = c.article_id "  # noqa: S608
            f"WHERE chunk_fts MATCH ?{conditions} ORDER BY bm25(chunk_fts) LIMIT ?",
            (match, *values, limit),
        )
        return [chunk_id for (chunk_id,) in rows]

    def within(
        self, chunk_ids: Sequence[str], sources: Sequence[str], since: date | None, until: date | None
    ) -> set[str]:
        """Give those of the chunks whose articles are of some outlets and days; see `search_keywords_within`."""
        conditions, values = _within(sources, since, until)
        found: set[str] = set()
        for ids in _slices(chunk_ids):
            rows = self._rows(
                "SELECT c.id FROM chunk c JOIN article a ON a.id = c.article_id "  # noqa: S608
                f"WHERE c.id IN ({_marks(ids)}){conditions}",
                (*ids, *values),
            )
            found |= {chunk_id for (chunk_id,) in rows}
        return found

    def search_keywords(self, query: str, limit: int) -> list[str]:
        """Give the ids of the chunks that match any word of the query, best BM25 score first."""
        match = _match_expression(query)
        if not match:
            return []
        rows = self._rows(
            "SELECT c.id FROM chunk_fts f JOIN chunk c ON c.rowid = f.rowid "
            "WHERE chunk_fts MATCH ? ORDER BY bm25(chunk_fts) LIMIT ?",
            (match, limit),
        )
        return [chunk_id for (chunk_id,) in rows]

    def outbox(self) -> list[OutboxEntry]:
        """Give what Chroma has still to do, the last word per chunk, in order."""
        rows = self._rows(
            "SELECT max(o.seq), o.chunk_id, c.vector FROM outbox o LEFT JOIN chunk c ON c.id = o.chunk_id "
            "GROUP BY o.chunk_id ORDER BY 1"
        )
        return [OutboxEntry(*row) for row in rows]

    def pending_vectors(self) -> tuple[list[str], np.ndarray]:
        """Give the chunks that Chroma has not learned yet: ids, and vectors of shape (n, dimension)."""
        rows = self._rows("SELECT id, vector FROM chunk WHERE id IN (SELECT chunk_id FROM outbox)")
        ids = [chunk_id for chunk_id, _ in rows]
        matrix = np.frombuffer(b"".join(v for _, v in rows), dtype=np.float32)
        return ids, matrix.reshape(len(ids), -1) if ids else np.zeros((0, 1), dtype=np.float32)

    # Writing: only under the store's writer lock

    def replace_article(self, article: Article, chunks: Sequence[Chunk], vectors: np.ndarray) -> None:
        """Put an article in, taking its old version out, in one transaction.

        Args:
            article: the new version.
            chunks: its chunks.
            vectors: float32, shape (len(chunks), dimension).
        """
        with self._transaction() as connection:
            _delete_article(connection, article.id)
            connection.execute(
                "INSERT INTO article VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    article.id,
                    article.title,
                    article.text,
                    article.url,
                    article.source,
                    article.author,
                    article.published_at.isoformat() if article.published_at else None,
                    article.fingerprint,
                    article.origin,
                    datetime.now(UTC).isoformat(),
                ),
            )
            for chunk, vector in zip(chunks, vectors, strict=True):
                _insert_chunk(connection, article, chunk, vector)

    def move_article(self, article_id: str, origin: str) -> None:
        """Note that an unchanged article is read from another place now."""
        with self._transaction() as connection:
            connection.execute("UPDATE article SET origin = ? WHERE id = ?", (origin, article_id))

    def remove_article(self, article_id: str) -> None:
        """Take an article out, in one transaction."""
        with self._transaction() as connection:
            _delete_article(connection, article_id)

    def finish_batch(self) -> None:
        """Advance the generation, once per batch of changes, and empty the write-ahead log."""
        with self._transaction() as connection:
            _advance(connection, "generation")
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def rebuild(
        self, cut: Callable[[Article], tuple[Sequence[Chunk], np.ndarray]], identity: IndexIdentity
    ) -> None:
        """Cut and embed every article anew, in one transaction: killed, the old index stays.

        Args:
            cut: gives an article's chunks and their vectors.
            identity: what `cut` works with, the manifest's from now on.
        """
        articles = self.articles()
        with self._transaction() as connection:
            connection.execute("DELETE FROM chunk_fts")
            connection.execute("DELETE FROM chunk")
            for article in articles:
                chunks, vectors = cut(article)
                for chunk, vector in zip(chunks, vectors, strict=True):
                    _insert_chunk(connection, article, chunk, vector)
            connection.executemany("INSERT OR REPLACE INTO manifest VALUES (?, ?)", identity.as_manifest().items())

    def set_vectors_folder(self, name: str) -> None:
        """Name the folder of the derived vector index and ask it to learn every chunk."""
        with self._transaction() as connection:
            connection.execute("UPDATE manifest SET value = ? WHERE key = 'vectors_folder'", (name,))
            connection.execute("DELETE FROM outbox")
            connection.execute("INSERT INTO outbox (chunk_id, op) SELECT id, 'upsert' FROM chunk")

    def outbox_done(self, up_to: int) -> None:
        """Forget the outbox entries up to a sequence number, and tell readers that Chroma has changed."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE seq <= ?", (up_to,))
            _advance(connection, "vectors_generation")

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with _errors_named(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    @property
    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                f"file:{self._path}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
            )
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = connection
        return connection

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        with _errors_named(self._path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _advance(connection: sqlite3.Connection, key: str) -> None:
    connection.execute("UPDATE manifest SET value = CAST(value AS INTEGER) + 1 WHERE key = ?", (key,))


def _insert_chunk(connection: sqlite3.Connection, article: Article, chunk: Chunk, vector: np.ndarray) -> None:
    cursor = connection.execute(
        "INSERT INTO chunk (id, article_id, position, start, end, vector) VALUES (?, ?, ?, ?, ?, ?)",
        (chunk.id, article.id, chunk.position, chunk.start, chunk.end, vector.astype(np.float32).tobytes()),
    )
    published = article.published_at.strftime("%d %B %Y") if article.published_at else ""
    connection.execute(
        "INSERT INTO chunk_fts (rowid, title, source, published, body) VALUES (?, ?, ?, ?, ?)",
        (cursor.lastrowid, article.title, article.source, published, chunk.text),
    )
    connection.execute("INSERT INTO outbox (chunk_id, op) VALUES (?, 'upsert')", (chunk.id,))


def _delete_article(connection: sqlite3.Connection, article_id: str) -> None:
    connection.execute(
        "INSERT INTO outbox (chunk_id, op) SELECT id, 'delete' FROM chunk WHERE article_id = ?", (article_id,)
    )
    connection.execute(
        "DELETE FROM chunk_fts WHERE rowid IN (SELECT rowid FROM chunk WHERE article_id = ?)", (article_id,)
    )
    connection.execute("DELETE FROM article WHERE id = ?", (article_id,))


def _match_expression(query: str) -> str:
    # Each word quoted, so that nothing a user types is FTS5 syntax.
    terms = dict.fromkeys(t.lower() for word in content_words(query) for t in (word, *acronym_forms(word)))
    return " OR ".join(f'"{term}"' for term in terms)


def _within(sources: Sequence[str], since: date | None, until: date | None) -> tuple[str, list[str]]:
    conditions = ""
    values: list[str] = []
    if sources:
        conditions += f" AND a.source IN ({_marks(sources)})"
        values += sources
    if since is not None:
        conditions += " AND a.published_at >= ?"
        values.append(since.isoformat())
    if until is not None:
        conditions += " AND a.published_at < ?"
        values.append((until + timedelta(days=1)).isoformat())
    return conditions, values


def _to_article(row: Sequence[str]) -> Article:
    article_id, title, text, url, source, author, published, fingerprint, origin = row
    published_at = datetime.fromisoformat(published) if published else None
    return Article(article_id, title, text, url, source, author, published_at, fingerprint, origin)


def _slices(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), _MAX_VARIABLES):
        yield ids[first : first + _MAX_VARIABLES]


def _marks(ids: Iterable[str]) -> str:
    return ", ".join("?" for _ in ids)


@contextlib.contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    """Map SQLite's and the file system's errors to ours."""
    try:
        yield
    except sqlite3.OperationalError as exc:
        message = str(exc)
        if "readonly" in message or "unable to open" in message:
            raise IndexReadOnlyError(
                f"the index folder {path.parent} cannot be written: change its permissions, "
                "or choose another with --data-dir"
            ) from exc
        if "full" in message:
            raise IndexReadOnlyError(f"no space left for the index in {path.parent}: free some") from exc
        raise _damaged(path, exc) from exc
    except (sqlite3.DatabaseError, ValueError, TypeError) as exc:
        raise _damaged(path, exc) from exc
    except OSError as exc:
        raise IndexReadOnlyError(
            f"cannot use the index folder {path.parent}: {exc.strerror}; choose another with --data-dir"
        ) from exc


def _damaged(path: Path, exc: Exception) -> IndexDamagedError:
    return IndexDamagedError(
        f"the index in {path.parent} cannot be read ({exc}): move that folder away and run "
        "`newsdesk ingest` again on your articles"
    )
